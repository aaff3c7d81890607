"""The gate's answer for programs that read it: GitHub's annotations, JUnit XML, SARIF, a page of Markdown. Pure.

Sources: GitHub's workflow commands (escaping of `%`, CR and LF; `:` and `,` in properties), the JUnit XML that GitLab and
Jenkins read, SARIF 2.1.0 (OASIS), GitHub-flavoured Markdown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from importlib.metadata import version
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Said = Mapping[str, Any]
MET = frozenset({"satisfied", "not_applicable", "waived", "forced"})
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#])")
ANSWERS = {"allowed": "Yes", "sign_offs_missing": "Not yet: only sign-offs are missing", "blocked": "No"}
OUTCOMES = {
    "satisfied": "satisfied", "unsatisfied": "not satisfied", "no_evidence": "no evidence", "waived": "waived",
    "forced": "forced", "error": "error", "not_applicable": "does not apply",
}  # fmt: skip
_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
STANDING = {"blocks": "blocks", "objections": "objects", "overdue": "owns a condition that is overdue"}


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"
    MARKDOWN = "markdown"


def written(form: Format, said: Said) -> str:
    """The answer in this form; TEXT and JSON are the command's own."""
    return WRITERS[form](said)


def github(said: Said) -> str:
    """Annotations: an error for what stands in the way, a warning for what only warns, a notice with the verdict."""
    lines = [_command("notice", f"Consilience: {_headline(said)}", said["sentence"])]
    for text in _against(said):
        lines.append(_command("error", "Stands against it", text))
    for one in _unmet(said):
        level = "warning" if one["severity"] == "warn" else "error"
        lines.append(
            _command(level, f"{one['policy']}/{one['requirement']}", f"{one['sentence']} {_who(one, said)}".strip())
        )
    return "\n".join(lines) + "\n"


def junit(said: Said) -> str:
    """A test suite for each function, a test case for each requirement; what only warns is a skipped case."""
    suites: dict[str, list[str]] = {}
    for one in said["requirements"]:
        suites.setdefault(one["function"], []).append(_case(one, said))
    for text in _against(said):
        head = f'    <testcase classname="standing" name={_attribute(text)}>'
        suites.setdefault("stands against it", []).append(f"{head}<failure message={_attribute(text)}/></testcase>")
    blocks = [_suite(name, cases) for name, cases in sorted(suites.items())]
    name = _attribute(f"consilience gate {said['reference']} to {said['stage']}")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name}>\n' + "\n".join(blocks) + "\n</testsuites>\n"
    )


def sarif(said: Said) -> str:
    """A SARIF log: every requirement is a rule, every unmet one a result without a place in a file."""
    rules = [
        {
            "id": f"{one['policy']}/{one['requirement']}",
            "shortDescription": {"text": one["requirement"]},
            "properties": {"function": one["function"], "severity": one["severity"]},
        }
        for one in said["requirements"]
    ]
    results = [_result(f"{one['policy']}/{one['requirement']}", one["sentence"], one, said) for one in _unmet(said)]
    for text in _against(said):
        results.append({"level": "error", "kind": "fail", "message": {"text": text}, **_about(said)})
    driver = {"name": "Consilience", "version": version("consilience"), "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results, "properties": {"verdict": said["verdict"]}}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def markdown(said: Said) -> str:
    """A page for a pull request or a step's summary: the answer, what is missing and who can act, all requirements."""
    lines = [
        f"## {_plain(_headline(said))}",
        "",
        f"{_plain(said['reference'])} to {_plain(said['stage'])}. {_plain(said['sentence'])}",
        "",
    ]
    lines += [f"- {_plain(text)}" for text in _against(said)]
    unmet = list(_unmet(said))
    if unmet:
        lines += ["", "| Requirement | Function | | What was found | Who can act |", "|---|---|---|---|---|"]
        for one in unmet:
            word = OUTCOMES[one["outcome"]] + (", warns only" if one["severity"] == "warn" else "")
            cells = (f"{one['policy']}/{one['requirement']}", one["function"], word, one["sentence"], _who(one, said))
            lines.append("| " + " | ".join(map(_plain, cells)) + " |")
    met = [one for one in said["requirements"] if one["outcome"] in MET - {"not_applicable"}]
    if met:
        lines += ["", f"<details><summary>{len(met)} met</summary>", ""]
        lines += [f"- {_plain(one['policy'])}/{_plain(one['requirement'])}: {_plain(one['sentence'])}" for one in met]
        lines += ["", "</details>"]
    if said.get("decision"):
        lines += ["", f"Decision `{said['decision']}`"]
    return "\n".join(lines) + "\n"


WRITERS: Mapping[Format, Callable[[Said], str]] = {
    Format.GITHUB: github, Format.JUNIT: junit, Format.SARIF: sarif, Format.MARKDOWN: markdown,
}  # fmt: skip


def _headline(said: Said) -> str:
    return ANSWERS.get(said["verdict"], str(said["verdict"]))


def _unmet(said: Said) -> Iterable[Said]:
    return (one for one in said["requirements"] if one["outcome"] not in MET)


def _against(said: Said) -> Iterable[str]:
    """What people said that stands against the release, one sentence each."""
    for name, words in STANDING.items():
        for one in said[name]:
            since = f" since {one['since'][:10]}" if one["since"] else ""
            yield f"{one['by']['name'] or one['by']['urn']} ({one['function']}) {words}{since}."


def _who(one: Said, said: Said) -> str:
    """Who can act on this requirement, as far as the answer says."""
    named = f"{one['policy']}/{one['requirement']}"
    people = sorted(
        {by["name"] or by["urn"] for step in said["next"] if step["requirement"] == named for by in step["people"]}
    )
    return f"Can act: {', '.join(people)}." if people else ""


def _suite(name: str, cases: list[str]) -> str:
    counts = {word: sum(f"<{tag}" in case for case in cases) for word, tag in _COUNTED.items()}
    said = " ".join(f'{word}="{count}"' for word, count in counts.items())
    head = f'  <testsuite name={_attribute(name)} tests="{len(cases)}" {said}>'
    return "\n".join((head, *cases, "  </testsuite>"))


def _case(one: Said, said: Said) -> str:
    name, outcome = f"{one['policy']}/{one['requirement']}", one["outcome"]
    head = f"    <testcase classname={_attribute(one['function'])} name={_attribute(name)}>"
    text = f"{one['sentence']} {_who(one, said)}".strip()
    if outcome == "not_applicable" or (outcome not in MET and one["severity"] == "warn"):
        return f"{head}<skipped message={_attribute(text)}/></testcase>"
    if outcome in MET:
        return f"{head}<system-out>{_xml(text)}</system-out></testcase>"
    kind = "error" if outcome == "error" else "failure"
    return f"{head}<{kind} type={_attribute(outcome)} message={_attribute(text)}/></testcase>"


def _result(rule: str, text: str, one: Said, said: Said) -> dict[str, Any]:
    level = "warning" if one["severity"] == "warn" else "error"
    about = f"{text} {_who(one, said)}".strip()
    return {"ruleId": rule, "level": level, "kind": "fail", "message": {"text": about}, **_about(said)}


def _about(said: Said) -> dict[str, Any]:
    named = f"{said['reference']} to {said['stage']}"
    place = {"logicalLocations": [{"name": said["reference"], "fullyQualifiedName": named, "kind": "module"}]}
    return {"locations": [place]}


def _command(level: str, title: str, text: str) -> str:
    return f"::{level} title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _plain(text: str) -> str:
    """Text that Markdown shows as it is: nobody's name or sentence becomes a link, a picture or a tag."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
