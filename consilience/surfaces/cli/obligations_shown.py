"""What `consilience obligations` prints: coverage, what changes for systems, what becomes of live releases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from consilience.surfaces.cli.notices import STATES
from consilience.surfaces.cli.shared import paragraph, say

ORDER = (
    "open", "no_requirement", "disputed", "unknown", "met", "not_yet", "pending", "ended", "not_applicable",
)  # fmt: skip
SIGNS = {
    "met": "met", "open": "OPEN", "no_requirement": "NO REQUIREMENT", "not_yet": "not yet", "disputed": "DISPUTED",
    "unknown": "CANNOT TELL", "pending": "proposed", "ended": "ended", "not_applicable": "n/a",
}  # fmt: skip
HIDDEN = ("not_applicable", "ended")
MOST = 25
"""As many releases or decisions as are told in a terminal; --json has all that were looked at."""


def coverage(found: Mapping[str, Any], everything: bool) -> None:
    label(found)
    say(
        f"{found['system']}: "
        + ", ".join(f"{found['counts'][one]} {SIGNS[one].lower()}" for one in ORDER if found["counts"][one])
    )
    say(f"Releases that count: {', '.join(found['releases']) or 'none'}")
    for state in ORDER:
        mine = [one for one in found["obligations"] if one["state"] == state]
        if not mine or (state in HIDDEN and not everything):
            continue
        say(f"\n{SIGNS[state]}")
        for one in mine:
            say(paragraph(f"{one['obligation']}  {one['title']}", first="  ", indent="    "))
            if state not in ("met", "not_applicable"):
                say(paragraph(one["sentence"], first="      ", indent="      "))
    for one in found["unknown"]:
        say(paragraph(f"! {one['name']} is cited by {', '.join(one['requirements'])}, and no pack in use explains it."))
    say("\n" + paragraph(found["no_advice"]))


def systems(listed: Iterable[Mapping[str, Any]]) -> None:
    found = list(listed)
    if not found:
        say("Nothing changes for any system that you may know of.")
    for one in found:
        say(f"\n{one['system']}")
        for each in one["changes"]:
            begins = f" from {each['begins']}" if each["begins"] else ""
            parts = "; ".join(
                f"{part['part']}: {part['before'] or '-'} -> {part['after'] or '-'}" for part in each["differences"]
            )
            say(
                paragraph(
                    f"{each['how']}{begins}  {each['obligation']}  {parts or each['title']}",
                    first="  ",
                    indent="      ",
                )
            )
        for each in one["live"]:
            stands = STATES[each["before"]] + (f" -> {STATES[each['after']]}" if each["flips"] else "")
            opened = ", ".join(new["obligation"] for new in each["came"])
            say(
                paragraph(
                    f"live  {each['reference']} to {each['stage']}: {stands}{f'; open: {opened}' if opened else ''}",
                    first="  ",
                    indent="      ",
                )
            )
        if one["requirements"]:
            say(paragraph(f"Requirements: {', '.join(one['requirements'])}", first="  ", indent="      "))
        for each in one["sign_offs"]:
            say(
                paragraph(
                    f"{each['by']['name']} ({each['function']}) signed {each['release']}", first="  ", indent="      "
                )
            )


def replay(found: Mapping[str, Any]) -> None:
    """What becomes of live releases, and what would have been open for those that were let through."""
    for title, found_here, looked in (
        ("Live releases", found["live"], found["looked_at"]),
        ("Decisions that let a release through", found["decided"], found["decisions_looked_at"]),
    ):
        say(
            f"\n{title}: {looked:,} looked at, {len(found_here):,} with an obligation that comes or goes, "
            f"{sum(one['flips'] for one in found_here):,} that would stand otherwise"
        )
        for one in found_here[:MOST]:
            moved(one)
        if len(found_here) > MOST:
            say(f"  … and {len(found_here) - MOST} more; --json lists them all.")
    if found["decisions"] > found["decisions_looked_at"]:
        say(f"There are {found['decisions']:,} such decisions; the newest were looked at.")
    if found["unreadable"]:
        say(f"{found['unreadable']:,} cannot be read any more: something that they rest on is gone.", tone="yellow")


def moved(one: Mapping[str, Any]) -> None:
    """A release, or a decision that let one through, for which an obligation comes to be open or is open no more."""
    stands = STATES[one["before"]] + (f" -> {STATES[one['after']]}" if one["flips"] else "")
    when = f", decided {one['at'][:10]}" if one["decision"] else ""
    say(f"  {one['reference']} to {one['stage']}{when}: {stands}", tone="red" if one["flips"] else "")
    for each in one["came"]:
        say(paragraph(f"{each['obligation']}: {each['sentence']}", first="    - ", indent="      "))
    for each in one["went"]:
        say(paragraph(f"{each['obligation']} is open no more.", first="    - ", indent="      "))


def label(found: Mapping[str, Any]) -> None:
    if found["what_if"]:
        say(paragraph(found["sentence"]), tone="yellow")
