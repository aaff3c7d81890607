"""`consilience gate`: may this version go to that stage? The answer, the reasons, who can act, and the exit code."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import BadInput, ExitCode, WrongUse
from consilience.surfaces.cli import gate_formats
from consilience.surfaces.cli.files import write_page
from consilience.surfaces.cli.release import changed
from consilience.surfaces.cli.shared import AsJson, connect, paragraph, read_text, say, say_json, target
from consilience.surfaces.cli.tier import change

if TYPE_CHECKING:
    from consilience.client import GateAnswer

HEADLINES = {
    "allowed": ("YES", "green"),
    "sign_offs_missing": ("NOT YET", "yellow"),
    "blocked": ("NO", "red"),
}
SIGNS = {
    "satisfied": "+ satisfied",
    "unsatisfied": "- not satisfied",
    "no_evidence": "? no evidence",
    "not_applicable": "  does not apply",
    "waived": "~ waived",
    "forced": "! forced",
    "error": "! error",
}
ORDER = tuple(SIGNS)
AGAINST = {
    "blocks": ("blocks since", "Only they can withdraw it, or two people of the panel decide that it ends."),
    "objections": ("objects", "Another person has to answer in writing."),
    "overdue": ("owns a condition overdue since", "The function that set it has to accept a proof."),
}
"""What people said that stands against a release, and how it ends."""


def gate(
    release: Annotated[
        str | None, typer.Argument(help="SYSTEM/MODEL@VERSION; MODEL@VERSION where it is proposed in one system only.")
    ] = None,
    stage: Annotated[str | None, typer.Option("--to", help="The stage, such as operation.")] = None,
    as_of: Annotated[str | None, typer.Option(help="What-if: at this moment (a date, or an instant).")] = None,
    known_at: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="What-if: knowing this many ledger entries.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="What-if: under this policy, or every policy in this folder.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each requirement what decided it.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Ask without recording a decision.")] = False,
    replay: Annotated[
        str | None, typer.Option(help="Evaluate a recorded decision (its URN) again, and compare.")
    ] = None,
    form: Annotated[
        gate_formats.Format,
        typer.Option(
            "--format", help="text, json, github (annotations and the step's summary), junit, sarif or markdown."
        ),
    ] = gate_formats.Format.TEXT,
    out: Annotated[
        Path | None, typer.Option(help="Write the --format to this file, and the text to the terminal.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Ask the gate. Exits with 0 for yes, 1 for no, 6 when only sign-offs are missing; see the manual for the others."""
    if replay is not None:
        if release is not None or stage is not None:
            raise WrongUse("--replay takes a decision, and no release")
        return _replay(replay, as_json)
    if release is None or stage is None:
        raise WrongUse("say which release, and --to which stage")
    system, version = target(release)
    files = None if policy is None else _policies(policy)
    policies = None if files is None else list(files.values())
    with connect() as client, _naming(list(files or ())):
        answer = client.gate(
            version, to=stage, system=system, as_of=as_of, known_at=known_at, policies=policies, preview=preview
        )
    _say(answer, gate_formats.Format.JSON if as_json else form, out, explain=explain)
    return answer.exit_code


def _say(answer: GateAnswer, form: gate_formats.Format, out: Path | None, *, explain: bool) -> None:
    """The answer as it is wanted: on the terminal, in a file, in the summary that a step of GitHub's has."""
    if form is gate_formats.Format.TEXT:
        if out is not None:
            raise WrongUse("--out goes with a --format for programs, such as --format junit")
        _show(answer, explain=explain)
        return
    text = json.dumps(answer.said, indent=2, ensure_ascii=False) + "\n"
    if form is not gate_formats.Format.JSON:
        text = gate_formats.written(form, answer.said)
    if out is None:
        say(text.rstrip("\n"))
    else:
        write_page(out, text)
        _show(answer, explain=explain)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if form is gate_formats.Format.GITHUB and summary:
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(gate_formats.markdown(answer.said))


@contextmanager
def _naming(files: Sequence[Path]) -> Iterator[None]:
    """What is off in the policy that was sent as `policies.N` is said of its file."""
    try:
        yield
    except BadInput as error:
        head, _, rest = error.where.partition(": ")
        nth = head.removeprefix("policies.")
        if nth == head or not nth.isdecimal() or int(nth) >= len(files):
            raise
        raise BadInput(f"{files[int(nth)]}: {rest}", error.problem) from error


def _policies(path: Path) -> dict[Path, str]:
    """The text of a file, or of every .yaml and .yml file in a folder."""
    if path.is_dir():
        files = sorted(item for item in path.iterdir() if item.suffix in (".yaml", ".yml"))
        if not files:
            raise BadInput(str(path), "holds no .yaml file")
        return {item: read_text(item) for item in files}
    return {path: read_text(path)}


def _replay(decision: str, as_json: bool) -> ExitCode:
    with connect() as client:
        found = client.replay(decision)
    same = found["same"] is True
    if as_json:
        say_json(found)
    else:
        say("The same: its stored facts and policies give exactly what was decided." if same else "Not the same:")
        for one in found["differences"]:
            say(paragraph(one, first="  - ", indent="    "))
    return ExitCode.YES if same else ExitCode.NO


def _show(answer: GateAnswer, *, explain: bool) -> None:
    said = answer.said
    word, tone = HEADLINES.get(answer.verdict, (answer.verdict, "red"))
    say(paragraph(f"{word}: {said['reference']} to {said['stage']}. {answer.sentence}"), tone=tone)
    if answer.what_if:
        say(paragraph(f"What if: at {said['valid_at'][:19]} UTC, knowing {said['known_at']} entries. Not recorded."))
    for name, (words, ends) in AGAINST.items():
        for one in said[name]:
            since = f" {one['since'][:10]}" if one["since"] else ""
            say(paragraph(f"! {_name(one['by'])} ({one['function']}) {words}{since}. {ends}", indent="  "))
            say(f"  {one['urn']}")  # in one piece, to be copied
    for one in said.get("stale", ()):
        say(paragraph(f"! {_name(one['by'])} ({one['function']}) has to look again.", indent="  "))
        changed(one["changes"])
    if said.get("tier"):  # an older server says none
        _tier(said["tier"])
    _requirements(said["requirements"], explain=explain)
    if said.get("quorum", {}).get("sentence"):  # an older server says none
        say(paragraph(f"! {said['quorum']['sentence']}"), tone="red")
    _next(said["next"])
    if answer.decision:
        say(f"\nDecision {answer.decision}")


def _tier(said: Mapping[str, Any]) -> None:
    """The tier that the answer rests on, where a table gave it or it is another one than when the gate was last asked."""
    if said["source"] == "computed":
        rows = f", row {', '.join(said['rows'])}" if said["rows"] and said["level"] else ""
        say(paragraph(f"Risk tier {said['level'] or 'not known'}, computed by {said['table']}{rows}.", indent="  "))
    if said["change"]:
        say(paragraph(f"! Since the gate was last asked the tier went {change(said['change'])}", indent="  "))


def _requirements(requirements: Sequence[Mapping[str, Any]], *, explain: bool) -> None:
    """Per function, what stands in the way first."""
    for function in sorted({one["function"] for one in requirements}):
        mine = [one for one in requirements if one["function"] == function]
        met = sum(one["outcome"] in ("satisfied", "not_applicable", "waived", "forced") for one in mine)
        say(f"\n{function}: {met} of {len(mine)} met")
        for one in sorted(mine, key=_rank):
            if one["outcome"] == "not_applicable":
                continue
            warns = ", warns only" if one["severity"] == "warn" else ""
            say(f"  {SIGNS.get(one['outcome'], one['outcome'])}{warns}  {one['policy']}/{one['requirement']}")
            say(paragraph(one["sentence"], indent="      ", first="      "))
            for text in one.get("explanation", ()) if explain else ():
                say(paragraph(text, indent="        ", first="      - "))


def _rank(one: Mapping[str, Any]) -> tuple[bool, int, str]:
    unmet = one["outcome"] in ("unsatisfied", "no_evidence", "error")
    return (not unmet, ORDER.index(one["outcome"]) if one["outcome"] in ORDER else 0, one["requirement"])


def _next(steps: Sequence[Mapping[str, Any]]) -> None:
    """Who can act, once per function, and on what."""
    if not steps:
        return
    say("\nWho can act next")
    for function in sorted({one["function"] for one in steps}):
        mine = [one for one in steps if one["function"] == function]
        people = sorted({_name(person) for one in mine for person in one["people"]})
        what = []
        if any(one["sign_off"] for one in mine):
            what.append("sign off")
        open_ones = [one["requirement"].partition("/")[2] for one in mine if not one["sign_off"]]
        if open_ones:
            what.append(f"see to {', '.join(open_ones)}")
        who = ", ".join(people) or "nobody yet: somebody has to hold this function"
        say(paragraph(f"{function}: {who}; {' and '.join(what)}", first="  ", indent="    "))


def _name(by: Mapping[str, Any]) -> str:
    return str(by["name"] or by["urn"])
