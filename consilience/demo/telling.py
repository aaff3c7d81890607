"""How the story is printed: numbered chapters, a line each for what happened, figures where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MARKS = {"satisfied": "met", "unsatisfied": "NOT MET", "no_evidence": "no evidence", "error": "ERROR"}
WIDTH = 100


class Telling:
    def __init__(self) -> None:
        self._chapter = 0

    def chapter(self, title: str) -> None:
        self._chapter += 1
        print(f"\n{self._chapter}. {title}", flush=True)

    def line(self, text: str) -> None:
        print(f"   {text}", flush=True)

    def end(self, text: str) -> None:
        print(text if text.startswith(" ") else f"\n{text}" if text.startswith("That") else text, flush=True)

    def gate(self, answer: Mapping[str, Any], functions: Sequence[str]) -> None:
        """The gate's answer: the verdict, then a line a function, with what is missing."""
        self.line(f"gate: {answer['verdict'].upper().replace('_', ' ')} (exit code {answer['exit_code']})")
        for function in functions:
            mine = [one for one in answer["requirements"] if one["function"] == function and one["outcome"] != "not_applicable"]
            open_ = [one for one in mine if one["outcome"] != "satisfied"]
            said = f"{len(mine) - len(open_)} of {len(mine)} met"
            if open_:
                said += "; open: " + ", ".join(f"{one['requirement']} ({MARKS[one['outcome']]})" for one in open_)
            self.line(f"  {function:12} {said}"[: WIDTH + 40])


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
