"""How the story is printed: numbered chapters, a line each for what happened, figures where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MARKS = {"satisfied": "met", "unsatisfied": "NOT MET", "no_evidence": "no evidence", "error": "ERROR"}


class Telling:
    def __init__(self) -> None:
        self._chapter = 0

    def chapter(self, title: str) -> None:
        self._chapter += 1
        print(f"{self._chapter}. {title}", flush=True)

    def line(self, text: str) -> None:
        print(f"   {text}", flush=True)

    def end(self, text: str) -> None:
        print(text, flush=True)

    def gate(self, answer: Mapping[str, Any], functions: Sequence[str]) -> None:
        """The gate's answer: the verdict, then a line a function with what is open."""
        asked = [one for one in answer["requirements"] if one["outcome"] != "not_applicable"]
        verdict = f"gate: {answer['verdict'].upper().replace('_', ' ')} (exit code {answer['exit_code']})"
        if all(one["outcome"] == "satisfied" for one in asked):
            self.line(f"{verdict}: all {len(asked)} requirements are met")
            return
        self.line(verdict)
        for function in functions:
            mine = [one for one in asked if one["function"] == function]
            unmet = [one for one in mine if one["outcome"] != "satisfied"]
            said = ", ".join(f"{one['requirement']} ({MARKS[one['outcome']]})" for one in unmet)
            self.line(f"  {function:12} {len(mine) - len(unmet)} of {len(mine)} met{'; open: ' if unmet else ''}{said}")


def percent(value: str | None) -> str:
    return "undefined" if value is None else f"{100 * float(value):.1f} %"


def figure(said: Mapping[str, Any], digits: int = 3) -> str:
    """`0.863 (0.842 to 0.882)`"""
    if said["value"] is None:
        return f"undefined, because {said['reason']}"
    value = f"{float(said['value']):.{digits}f}"
    if said["low"] is None:
        return value
    return f"{value} ({float(said['low']):.{digits}f} to {float(said['high']):.{digits}f})"
