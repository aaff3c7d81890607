"""Trust policies: what the specification's form says, what it refuses, and when a quorum is there."""

from __future__ import annotations

from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.domains.ledger import rules as ledger
from consilience.domains.witness import cosignatures, rules
from consilience.kit.errors import BadInput


def key_of(nth: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([nth]) * 32)


def vkey(nth: int) -> str:
    return cosignatures.vkey(f"witness.example/w{nth}", key_of(nth).public_key().public_bytes_raw())


LOG = ledger.vkey("log.example/one", key_of(100).public_key().public_bytes_raw())
WITNESSES = "".join(f"witness X{nth} {vkey(nth)}\n" for nth in (1, 2, 3)) + "".join(
    f"witness Y{nth} {vkey(nth + 3)}\n" for nth in (1, 2, 3)
)
TWO_LEVELS = (
    f"log {LOG}\n\n{WITNESSES}"
    "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"
    "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)
"""The specification's own example."""


def test_the_specifications_example_is_read_and_counts_over_two_levels() -> None:
    policy = rules.read(TWO_LEVELS)
    assert [one.key for one in policy.logs] == [LOG]
    assert policy.asks_for_cosignatures
    keys = [vkey(nth) for nth in range(1, 7)]
    for count in range(7):
        for chosen in combinations(range(6), count):
            wanted = sum(nth < 3 for nth in chosen) >= 2 and any(nth >= 3 for nth in chosen)
            assert policy.reached({keys[nth] for nth in chosen}) is wanted, chosen


def test_a_cosignature_of_a_stranger_counts_for_nothing() -> None:
    policy = rules.asked("1-of-1", [vkey(1)])
    assert not policy.reached({vkey(2)})
    assert policy.reached({vkey(1), vkey(2)})


def test_no_quorum_is_always_there() -> None:
    policy = rules.read("quorum none\n")
    assert policy.reached(())
    assert not policy.asks_for_cosignatures


def test_comments_tabs_and_empty_lines_say_nothing() -> None:
    text = f"# our witnesses\n \t\n\twitness  A\t{vkey(1)}  https://witness.example/w1 \n   # more\nquorum A\n"
    (witness,) = rules.read(text).witnesses
    assert (witness.name, witness.url) == ("A", "https://witness.example/w1")


@pytest.mark.parametrize("name", ["K", "\N{KELVIN SIGN}", "Ä", "\N{COMBINING DIAERESIS}A"])
def test_names_are_opaque(name: str) -> None:
    text = f"witness K {vkey(1)}\nquorum {name}\n"
    if name == "K":
        assert rules.read(text).quorum == "K"
        return
    with pytest.raises(BadInput, match="no line above defines"):
        rules.read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line `quorum NAME`"),
        ("quorum none\nquorum none\n", "line 2: is a second quorum"),
        ("quorum A\n", "line 1: names 'A', which no line above defines"),
        ("quorum A\nwitness A KEY\n", "line 1: names 'A'"),
        ("quorum\n", "line 1: is not `quorum NAME`"),
        ("quorums none\n", "expected log, witness, group or quorum"),
        ("witness A KEY\nquorum A\n", "names no key of a witness"),
        ("witness A LOGKEY\nquorum A\n", "names no key of a witness"),
        ("log WKEY\nquorum none\n", "names no key of a log"),
        ("log LOGKEY\nlog LOGKEY\nquorum none\n", "line 2: names a log that an earlier line names"),
        (
            "witness A WKEY\nwitness B SAMEKEY\nquorum A\n",
            "line 2: names a witness by a key that an earlier line names",
        ),
        ("witness A WKEY\nwitness A OTHERKEY\nquorum A\n", "line 2: defines 'A' again"),
        ("witness none WKEY\nquorum none\n", "defines 'none' again"),
        ("witness A WKEY\ngroup A any A\nquorum A\n", "defines 'A' again"),
        ("witness A WKEY\ngroup g any none\nquorum g\n", "names 'none'"),
        ("witness A WKEY\ngroup g any\nquorum g\n", "is not `group NAME all|any|K NAME...`"),
        ("witness A WKEY\ngroup g 2 A\nquorum g\n", "asks for 2 of 1 members"),
        ("witness A WKEY\ngroup g 0 A\nquorum g\n", "asks for 0 of 1 members"),
        ("witness A WKEY\ngroup g 01 A\nquorum g\n", "asks for 01 of 1 members"),
        ("witness A WKEY\ngroup g ² A\nquorum g\n", "asks for ² of 1 members"),
        ("witness A WKEY\ngroup g 1 A A\nquorum g\n", "is in a group already"),
        ("witness A WKEY\ngroup g any A\ngroup h any A\nquorum h\n", "line 3: names 'A', which is in a group already"),
        ("group g any h\ngroup h any g\nquorum g\n", "line 1: names 'h'"),
        ("quorum\u00a0none\n", "expected log, witness, group or quorum"),
        ("quorum none\r\n", "control character"),
        ("quorum none\x7f\n", "control character"),
        ("witness A WKEY ftp://x/\nquorum A\n", "has an address"),
        ("witness A WKEY file:///etc/passwd\nquorum A\n", "has an address"),
        ("witness A WKEY https://user:secret@x/\nquorum A\n", "has an address"),
        ("witness A WKEY https://x/?q=1\nquorum A\n", "has an address"),
        ("witness A WKEY https:///add\nquorum A\n", "has an address"),
        ("witness A WKEY https://x:99999/\nquorum A\n", "has an address"),
        ("witness A WKEY https://[::1/\nquorum A\n", "has an address"),
        ("quorum none\n" + "#" * rules.MAX_LENGTH, "longer than"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text: str, said: str) -> None:
    same = cosignatures.vkey("another.example/name", key_of(1).public_key().public_bytes_raw())
    for word, key in (("LOGKEY", LOG), ("WKEY", vkey(1)), ("SAMEKEY", same), ("OTHERKEY", vkey(2))):
        text = text.replace(word, key)
    with pytest.raises(BadInput) as refused:
        rules.read(text)
    assert said in str(refused.value)


def test_thirty_two_of_each_kind_and_more_are_read() -> None:
    lines = [f"witness w{nth} {vkey(nth)}" for nth in range(1, 33)]
    lines += [f"group g{nth} any w{nth}" for nth in range(1, 33)]
    lines += [f"group all-of-them 32 {' '.join(f'g{nth}' for nth in range(1, 33))}", "quorum all-of-them"]
    policy = rules.read("\n".join(lines))
    keys = {vkey(nth) for nth in range(1, 33)}
    assert policy.reached(keys)
    assert not policy.reached(keys - {vkey(7)})


@pytest.mark.parametrize("text", ["2of3", "0-of-3", "4-of-3", "2-of-2", "two-of-3", "", "2-of-3 "])
def test_k_of_n_says_over_how_many_keys(text: str) -> None:
    with pytest.raises(BadInput):
        rules.asked(text, [vkey(1), vkey(2), vkey(3)])
    assert rules.asked("2-of-3", [vkey(1), vkey(2), vkey(3)]).wants() == "2 of w1, w2, w3"


WORDS = st.sampled_from(
    ["log", "witness", "group", "quorum", "none", "any", "all", "A", "B", "g", "1", "2", LOG, vkey(1), vkey(2), "#", "http://x", "\t", "\x00"]
)  # fmt: skip

ADDRESSES = st.sampled_from(
    ["", "x", "http://x", "HTTPS://x:8/y", "ftp://x", "http:///y", "http://u@x", "http://x?q", "http://x#f", "http://x:0", "http://x:99999", "http://[x", f"http://{'x' * 500}"]
)  # fmt: skip
TEXTS = st.lists(
    st.lists(WORDS, max_size=6).map(" ".join)
    | ADDRESSES.map(lambda one: f"log {LOG} {one}")
    | st.tuples(st.sampled_from("AB"), st.sampled_from([vkey(1), vkey(2)]), ADDRESSES).map(
        lambda one: f"witness {' '.join(one)}"
    ),
    max_size=8,
).map("\n".join)
"""Texts of which some are policies."""


@settings(max_examples=400)
@given(TEXTS | st.text(max_size=200))
def test_any_text_is_a_policy_or_refused_and_never_reached_without_a_witness(text: str) -> None:
    try:
        policy = rules.read(text)
    except BadInput:
        return
    assert policy.reached(()) is not policy.asks_for_cosignatures
    assert policy.reached({one.key for one in policy.witnesses}), "all witnesses together always suffice"
