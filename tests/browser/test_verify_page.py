"""The page that checks archives: in every mode, with the keyboard, without a network, and with its own Ed25519."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.gallery import axe
from tests.browser.gallery.shoot import LAYOUT, MODES
from tests.browser.gallery.watching import violations
from tests.harness import verify_page
from tests.harness.archives import ALONE
from tests.harness.check_fixtures import FIXTURES
from tests.harness.verify_page import PAGE

GOOD = FIXTURES / "archive-1.zip"
# RFC 8032, 7.1: tests 1, 2, 3, 1024 bytes are left out; public key, message, signature.
VECTORS = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]  # fmt: skip
ASK = """(vector) => new Promise((done) => { const worker = ask({ vector, ownEd25519: true }, (said) => { worker.terminate(); done(said); }); })"""


@pytest.fixture
def tampered(tmp_path: Path) -> Path:
    """The good archive with one byte of an entry changed."""
    target = tmp_path / "tampered.zip"
    with zipfile.ZipFile(GOOD) as whole, zipfile.ZipFile(target, "w") as made:
        for name in whole.namelist():
            data = whole.read(name)
            made.writestr(name, data.replace(b"people.", b"peoplf.", 1) if name == "entries.txt" else data)
    return target


def checked(page: Page, archive: Path) -> None:
    page.set_input_files("#file", archive)
    for _ in ("the pin", "the witnesses", "the button"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#result").wait_for()


@pytest.mark.parametrize("mode", ["light", "dark", "narrow", "no-script"])
@pytest.mark.parametrize("which", ["nothing", "good", "tampered"])
def test_a_machine_finds_nothing_wrong_with_the_page(mode: str, which: str, tampered: Path, browser: Browser) -> None:
    page = browser.new_context(**MODES[mode], reduced_motion="reduce", offline=True).new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"console: {said.text}"))
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(("file:", "blob:")) else wrong.append(f"asks for {asked.url}"),
    )
    page.goto(PAGE.as_uri())
    if mode == "no-script":
        assert page.get_by_text("needs JavaScript").is_visible()
        return
    if which != "nothing":
        page.focus("#file")
        checked(page, GOOD if which == "good" else tampered)
        words = {"good": "Good: nothing was found", "tampered": "Tampered: something"}[which]
        assert page.get_by_role("heading", name=re.compile(words)).is_visible()
        assert page.locator(".check").count() == 10
        assert page.evaluate("document.activeElement.id") == "result", "who cannot see is led to the answer"
        assert words in (page.locator("#said").text_content() or "")
    wrong += page.evaluate(LAYOUT)
    wrong += violations(page, axe.options(mode))
    assert wrong == []


def test_an_archive_that_is_dropped_is_checked_and_the_report_can_be_kept(browser: Browser) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    page.set_input_files("#file", GOOD)
    page.evaluate(
        """() => { const moved = new DataTransfer(); moved.items.add(document.getElementById("file").files[0]);
        window.dispatchEvent(new DragEvent("drop", { dataTransfer: moved, cancelable: true })); }"""
    )
    page.locator("#result").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the report").click()
    said = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert saved.value.suggested_filename == "archive-1-verification.json"
    assert (said["format"], said["outcome"]) == ("urn:consilience:verification:1", "good")
    assert [one["number"] for one in said["checks"]] == list(range(10))


def test_a_pin_is_held_against_the_archive(browser: Browser) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    page.fill("#pin", f"3:{'0' * 64}")
    page.set_input_files("#file", GOOD)
    page.click("#check")
    page.get_by_text("another history").wait_for()
    note = json.loads(zipfile.ZipFile(GOOD).read("checkpoints.txt").splitlines()[3])[1]
    page.fill("#pin", note.rstrip("\n"))  # as it is pasted
    page.click("#check")
    page.get_by_text("are those of the head that was kept elsewhere").wait_for()


def test_the_page_speaks_german(browser: Browser) -> None:
    page = browser.new_context(locale="de-DE").new_page()
    page.goto(PAGE.as_uri())
    page.set_input_files("#file", GOOD)
    page.get_by_role("button", name="Archiv prüfen").click()
    page.get_by_role("heading", name="Gut: nichts passt nicht zusammen").wait_for()
    assert page.locator("html").get_attribute("lang") == "de"
    untold = page.evaluate(
        "[...document.querySelectorAll('[data-t]')].map((one) => one.dataset.t).filter((key) => !(key in WORDS.de))"
    )
    assert untold == []


def test_what_is_no_archive_gets_a_sentence(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    for data in (b"", b"hello", GOOD.read_bytes()[:5000]):
        (tmp_path / "x.zip").write_bytes(data)
        page.set_input_files("#file", tmp_path / "x.zip")
        page.click("#check")
        page.get_by_text("this is no archive, or it was cut off").wait_for()
        page.set_input_files("#file", [])


PIECES = (
    "{", "}", "[", "]", ",", ":", " ", '"a"', '"b"', '"\\u0061"', '"\\u001f"', '"\\u001F"', '"\\n"', '"\\/"', '"é"', '"\N{GRINNING FACE}"',
    '"\ufb33"', "0", "-0", "01", "1", "-1", "1.0", "1e2", "9007199254740991", "9007199254740992", "true", "null", "tru", '{"a":1,"b":2}',
    '{"b":1,"a":2}', '{"a":1,"a":2}', '{"\ufb33":1,"\N{GRINNING FACE}":2}', '{"\N{GRINNING FACE}":1,"\ufb33":2}', '{"__proto__":1,"a":[]}',
    '{"10":1,"9":2}', '{"9":1,"10":2}', '"\x7f"', '"\x01"', '"\\b\\f"', '"\\ud800"', '"',
)  # fmt: skip


def test_the_page_reads_json_as_strictly_as_the_one_file(browser: Browser) -> None:
    drawn, texts = Random(3), ["", "[" * 20_000, '"' + "\\u" * 1000]
    for _ in range(4000):
        text = "".join(drawn.choice(PIECES) for _ in range(drawn.randrange(1, 5)))
        texts.append(drawn.choice(["{}", '{{"a":{}}}', "[{},1]"]).format(text) if drawn.random() < 0.7 else text)
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    ask = "(texts) => new Promise((done) => { const worker = ask({ texts }, (said) => { worker.terminate(); done(said); }); })"
    for text, read in zip(texts, page.evaluate(ask, texts)["read"], strict=True):
        try:
            expected = ALONE.parse(text.encode())
        except ALONE.Bad:
            assert read is None, text
        else:
            assert json.loads(read) == expected, text


@pytest.mark.parametrize("nth", range(len(VECTORS)))
def test_the_pages_own_ed25519_holds_the_vectors_of_the_rfc_and_no_other(nth: int, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    public, message, signature = VECTORS[nth]
    other = message[:-2] + "00" if message else "00"
    beyond = int.from_bytes(bytes.fromhex(signature)[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    cases = [
        (public, signature, message, True),
        (public, signature, other, False),
        (public, "00" + signature[2:], message, False),
        (public, signature[:-2] + "ff", message, False),
        (public, signature[:64] + beyond.to_bytes(32, "little").hex(), message, False),
        (VECTORS[nth - 1][0], signature, message, False),
        ("ff" * 32, signature, message, False),
    ]
    for *vector, holds in cases:
        assert page.evaluate(ASK, vector)["holds"] is holds, vector


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_the_pages_own_sha256_is_sha256(length: int, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    data = bytes(range(256)) * 4
    public, _, signature = VECTORS[0]
    said = page.evaluate(ASK, [public, signature, data[:length].hex()])
    assert said["digest"] == ALONE.sha256(data[:length])


def test_a_browser_without_ed25519_gives_the_same_answers(tampered: Path, browser: Browser) -> None:
    for archive in (GOOD, tampered):
        own = verify_page.in_browser(archive, own_ed25519=True)
        said = own["checks"][1]["about"].pop()
        assert said == "this browser has no Ed25519 of its own: signatures were checked by this page's code"
        assert own == verify_page.in_browser(archive)


def test_the_page_and_the_one_file_ask_the_same_of_every_verb() -> None:
    source = PAGE.read_text(encoding="utf-8")
    found = re.search(r"^const RIGHTS = (\{.*?^\});$", source, re.MULTILINE | re.DOTALL)
    assert found is not None
    rights = json.loads(found[1])
    assert {role: set(actions) for role, actions in rights["may"].items()} == ALONE.MAY
    assert (set(rights["wide"]), rights["needs"]) == (ALONE.WORKSPACE_WIDE, ALONE.NEEDS)
    assert (set(rights["operators"]), set(rights["nobodys"])) == (ALONE.OPERATORS, ALONE.NOBODYS)
    assert {verb: tuple(said) for verb, said in rights["own"].items()} == ALONE.OWN
    assert {scope: set(actions) for scope, actions in rights["scopes"].items()} == ALONE.SCOPES
    kept = re.search(r"^const KEPT = new Set\((\[.*\])\);$", source, re.MULTILINE)
    assert kept is not None
    assert set(json.loads(kept[1])) == ALONE.KEPT


def test_the_page_works_as_it_is_served_too(browser: Browser) -> None:
    """Under the policy that the server sends, which lets it load and send nothing."""
    from consilience.surfaces.web.verifier import POLICY

    page = browser.new_page()
    headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
    page.route("http://localhost/verify", lambda route: route.fulfill(path=PAGE, headers=headers))
    page.goto("http://localhost/verify")
    page.set_input_files("#file", GOOD)
    page.click("#check")
    page.get_by_role("heading", name="Good: nothing was found").wait_for()
    assert page.evaluate("fetch('http://localhost/x').then(() => 'sent', () => 'refused')") == "refused"


def test_a_large_archive_is_read_in_slices_and_shows_how_far_it_is(browser: Browser, tmp_path: Path) -> None:
    """Its content is hashed as it comes: the page never holds more than a slice of it."""
    large = tmp_path / "large.zip"
    data = bytes(48 * 2**20)
    digest = ALONE.sha256(data)
    with zipfile.ZipFile(GOOD) as whole, zipfile.ZipFile(large, "w") as made:
        for name in whole.namelist():
            kept = whole.read(name)
            if name == "content.txt":
                lines = [*kept.splitlines(), json.dumps([digest, len(data), True], separators=(",", ":")).encode()]
                kept = b"".join(line + b"\n" for line in sorted(lines))
            made.writestr(name, kept)
        made.writestr(f"content/{digest}", data)
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    page.evaluate("""() => { window.far = [];
        new MutationObserver(() => far.push(document.getElementById("progress").value)).observe(document.getElementById("progress"), { attributes: true }); }""")
    page.set_input_files("#file", large)
    page.click("#check")
    page.get_by_role("heading", name="Good: nothing was found").wait_for(timeout=120_000)
    far = page.evaluate("far")
    assert len(far) > 3
    assert far == sorted(far)
    assert far[-1] > 90
