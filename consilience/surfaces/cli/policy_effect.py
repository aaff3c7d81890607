"""`consilience policy diff`: what another version of a policy, or a later day, would change."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.gate import HEADLINES
from consilience.surfaces.cli.obligations_shown import moved
from consilience.surfaces.cli.shared import AsJson, connect, paragraph, read_text, say, say_json

OUTCOMES = {
    "satisfied": "satisfied", "unsatisfied": "not satisfied", "no_evidence": "no evidence", "waived": "waived",
    "not_applicable": "does not apply", "forced": "forced", "error": "error",
}  # fmt: skip
SHOWN = 50
"""As many cases as are told in a terminal; --json has all of them."""


def diff(
    old: Annotated[
        str,
        typer.Argument(help="NAME, NAME@VERSION, a proposal's URN, a YAML file, @now or @DATE (the library), none."),
    ],
    new: Annotated[str, typer.Argument(help="The same.")],
    since: Annotated[str | None, typer.Option(help="Only decisions from this day or moment on.")] = None,
    at: Annotated[str | None, typer.Option(help="Hold live releases against how they would stand then.")] = None,
    as_json: AsJson = False,
) -> int:
    """Say what flips between two policies: decisions replayed, live releases looked at. Exits with 1 when something does."""
    sides = [_set(one) for one in (old, new)]
    with connect() as client:
        found = client.policy_effect(sides[0], sides[1], since=since, at=at, progress=_progress)
    if as_json:
        say_json(found)
    else:
        _show(found, old, new)
    return ExitCode.NO if found["counts"]["flips"] or found["law"] else ExitCode.YES


def _set(said: str) -> dict[str, str]:
    if said == "none":
        return {}
    if said.startswith("urn:"):
        return {"proposal": said}
    if said.startswith("@"):
        return {"library_at": said[1:]}
    if said.endswith((".yaml", ".yml")):
        return {"text": read_text(Path(said))}
    return {"policy": said}


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,} decisions replayed", end="" if done < total else "\n", file=sys.stderr)


def _show(found: Mapping[str, Any], old: str, new: str) -> None:
    counts = found["counts"]
    say(paragraph(f"{old} to {new}: {_summary(counts)}"), tone="red" if counts["flips"] else "green")
    if found["text"]:
        say("\nWhat it says otherwise")
        for one in found["text"]:
            say(paragraph(one["sentence"], first="  - ", indent="    "))
    for one in found["not_yet"]:
        start = f"before {one['start'][:10]}" if one["start"] else f"after {one['until'][:10]}"
        say(paragraph(f"! {one['policy']}/{one['requirement']} is not in force {start}: see --at", first="  "))
    if found["functions"]:
        say("\nWho would have to act")
        for one in found["functions"]:
            people = ", ".join(str(each["name"] or each["urn"]) for each in one["people"]) or "nobody yet"
            say(paragraph(f"{one['function']}: {one['flips']} requirements; {people}", first="  ", indent="    "))
    if found["law"]:
        say("\nObligations that come into force, or end")
        for one in found["law"]:
            moved(one)
    for case in found["cases"][:SHOWN]:
        _case(case)
    if len(found["cases"]) > SHOWN:
        say(f"\n… and {len(found['cases']) - SHOWN} more; --json lists them all.")


def _summary(counts: Mapping[str, int]) -> str:
    said = [f"{counts['looked_at']:,} looked at", f"{counts['flips']:,} with something that flips"]
    said += [f"{counts['shut']:,} shut"] if counts["shut"] else []
    said += [f"{counts['opened']:,} opened"] if counts["opened"] else []
    said += [f"{counts['unchanged']:,} unchanged"]
    if counts["lacking"]:
        said.append(f"{counts['lacking']:,} that lack only what nobody recorded then")
    if counts["unreadable"]:
        said.append(f"{counts['unreadable']:,} that cannot be read any more")
    return ", ".join(said) + "."


def _case(case: Mapping[str, Any]) -> None:
    what = f"decision of {case['at'][:10]}" if case["decision"] else "live"
    verdict = _verdict(case["before"])
    if case["before"] != case["after"]:
        verdict += f" -> {_verdict(case['after'])}"
    say(f"\n{case['reference']} to {case['stage']}, {what}: {verdict}", tone="red" if case["verdict_flips"] else "")
    if case["decision"]:
        say(f"  {case['decision']}")
    for one in case["changes"]:
        before, after = (OUTCOMES.get(one[side]["outcome"], "") if one[side] else "not asked" for side in _SIDES)
        note = {"lacking": " (the stored facts had no place for it)"}.get(one["nature"], "")
        say(
            paragraph(
                f"{before} -> {after}  {one['policy']}/{one['requirement']} ({one['function']}){note}", first="  "
            )
        )
        for side in _SIDES:
            if one[side]:
                say(paragraph(one[side]["sentence"], first=f"      {side}: ", indent="      "))
        for line in _reasons(one):
            say(paragraph(line, first="      because ", indent="      "))


_SIDES = ("before", "after")


def _reasons(one: Mapping[str, Any]) -> list[str]:
    said = [each["sentence"].rstrip(".") for each in one["facts"]]
    explained = one["after"] or one["before"]
    return said + [sentence.rstrip(".") for sentence in explained["explanation"]]


def _verdict(code: str) -> str:
    return HEADLINES.get(code, (code, ""))[0]
