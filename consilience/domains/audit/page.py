"""The page of an archive: systems, releases, decisions and sign-offs with the numbers of their entries. One file, no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from consilience.domains.audit.layout import Manifest

_STYLE = """
:root{--ink:#1b2430;--soft:#5b6675;--line:#d9dee5;--paper:#fff;--ground:#f5f6f8;--yes:#0b6b3a;--no:#a02018}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebf0;--soft:#9aa5b4;--line:#323b48;--paper:#181e27;--ground:#10151c;--yes:#5fd394;--no:#ff9a8f}}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:70rem;margin:0 auto;padding:2rem 1.5rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:1rem 1.25rem;margin:0 0 1.25rem;overflow-x:auto}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.05rem;margin:0 0 .5rem}
p{margin:.25rem 0 .75rem;color:var(--soft)}
table{border-collapse:collapse;width:100%}th{text-align:left;color:var(--soft);font-weight:600}
th,td{padding:.35rem .75rem .35rem 0;border-top:1px solid var(--line);vertical-align:top}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}.yes{color:var(--yes)}.no{color:var(--no)}
"""


class Page:
    """Gathers what the page lists while the records pass by."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self._slugs: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._releases: dict[str, str] = {}
        self._people: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = {"system": [], "release": [], "decision": [], "sign-off": []}

    def add(self, noun: str, name: str, position: int, body: Mapping[str, Any]) -> None:
        """Notice one record; `name` is the URN of the version."""
        urn, _, version = name.rpartition(":")
        if noun in ("system", "model"):
            self._slugs[urn] = str(body.get("slug", ""))
        if noun == "model-version":
            model = self._slugs.get(str(body.get("model")), "model")
            self._versions[urn] = f"{model}@{body.get('number', '?')}"
        if noun == "release":
            self._releases[urn] = f"{self._versions.get(str(body.get('model_version')), '?')} to {body.get('stage')}"
        if noun == "person" and isinstance(body.get("name"), dict):
            self._people[urn] = str(body["name"].get("commitment"))
        if noun in self._rows:
            self._rows[noun].append((position, urn, version, body))

    def name(self, commitment: str, text: str) -> None:
        """A private text that is in the archive."""
        self._names[commitment] = text

    def html(self) -> bytes:
        made = self.manifest
        scope = f"system {self._slugs.get(made.system, made.system)}" if made.system else "the whole workspace"
        parts = [
            f"<h1>Archive of {escape(scope)}</h1>",
            f"<p>{made.size} entries in the ledger, the newest of {escape(made.at[:19])} UTC.</p>",
            f"<p>Keep this line somewhere else: <code>{made.size}:{escape(made.root)}</code>, {escape(made.at[:10])}</p>",
            _section("The head", "Compare it with one that was kept elsewhere: <code>consilience verify ARCHIVE --pin SIZE:ROOT</code>.",
                     ("Log", "Size", "Root"), [(_code(made.origin), str(made.size), _code(made.root))]),
            _section("Systems", "", ("Entry", "System", "Version", "Tier"), self._systems()),
            _section("Releases", "", ("Entry", "Release", "System"), self._released()),
            _section("Decisions", "What the gate answered.", ("Entry", "Release", "Answer", "Ground"), self._decided()),
            _section("Sign-offs", "", ("Entry", "Release", "Function", "Verdict", "By", "Facet"), self._signed()),
            ("<section><h2>What this page is</h2><p>A table of contents. It is not signed: what counts are the entries beside it, "
            "which <code>consilience verify</code> or the one-file verifier checks without any server.</p></section>"),
        ]  # fmt: skip
        body = "\n".join(parts)
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Archive of {escape(scope)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
            f"<body><main>\n{body}\n</main></body></html>\n"
        ).encode()

    def _systems(self) -> Iterable[tuple[str, ...]]:
        for position, _, version, body in self._rows["system"]:
            yield str(position), escape(str(body.get("slug"))), version, escape(str(body.get("tier") or "none"))

    def _released(self) -> Iterable[tuple[str, ...]]:
        for position, urn, _, body in self._rows["release"]:
            yield str(position), self._release(urn), escape(self._slugs.get(str(body.get("system")), "?"))

    def _decided(self) -> Iterable[tuple[str, ...]]:
        for position, _, _, body in self._rows["decision"]:
            answer = '<b class="yes">yes</b>' if body.get("allowed") is True else '<b class="no">no</b>'
            yield str(position), self._release(body.get("release")), answer, escape(str(body.get("ground")))

    def _signed(self) -> Iterable[tuple[str, ...]]:
        for position, _, _, body in self._rows["sign-off"]:
            person = str(body.get("person"))
            by = self._names.get(self._people.get(person, ""), f"…{person[-12:]}")
            said = (body.get("function"), body.get("verdict"), by)
            yield (
                str(position), self._release(body.get("release")), *(escape(str(one)) for one in said),
                _code(str(body.get("facet"))[:12]),
            )  # fmt: skip

    def _release(self, urn: object) -> str:
        return escape(self._releases.get(str(urn), str(urn)))


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _section(title: str, about: str, heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with its title; cells are HTML already."""
    listed = list(rows)
    lead = f"<p>{about}</p>" if about else ""
    if not listed:
        return f"<section><h2>{title}</h2><p>None in this archive.</p></section>"
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in listed)
    return f"<section><h2>{title}</h2>{lead}<table><tr>{''.join(f'<th>{one}</th>' for one in heads)}</tr>{cells}</table></section>"
