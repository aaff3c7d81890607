"""Check 6: whoever acted had the right to, by what was recorded before the act: grants, tokens, functions, proposals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from consilience.domains.audit import rights
from consilience.domains.audit.cases import Case
from consilience.domains.audit.history import History, Moment, Recorded
from consilience.domains.audit.report import Check, Report
from consilience.domains.audit.reviewed import Reviewed
from consilience.domains.ledger.rules import Entry
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.kit.naming import is_urn


class Entitled:
    """Judges acts one by one, in the order of the ledger. `whole`: the archive is one of everything."""

    def __init__(self, report: Report, history: History, *, whole: bool) -> None:
        self._report, self._history, self._whole = report, history, whole
        self._judged, self._unknown, self._nameless = 0, Counter[str](), 0
        self._reviewed = Reviewed()
        self._rules: Mapping[str, Callable[[Case, Mapping[str, Any]], None]] = {
            **self._reviewed.rules,
            "policy-proposal": _proposal,
            "obligation-pack-proposal": _proposal,
            "policy": _policy,
            "obligation-pack": _pack,
            "token": _token,
            "key": _key,
        }

    def judge(self, entry: Entry, moment: Moment, rows: Sequence[Recorded]) -> None:
        """One act with the records it wrote. KeyError and the like where a record lacks what its noun has."""
        self._judged += 1
        case = Case(self._report, self._history, entry, moment, rows, self._whole)
        unjudged = rights.judged(case)
        self._unknown[entry.verb] += unjudged == "verb"
        self._nameless += unjudged == "token"
        if entry.verb == "evidence.withdrawn" and any(
            row.body.get("producer", entry.actor) != entry.actor for row in rows
        ):
            case.bad("not_its_producer", f"{entry.actor} took back evidence that somebody else produced")
        person = case.in_force(entry.actor)
        if person is not None and person.body.get("active") is False:
            case.bad("not_granted", f"{entry.actor} was deactivated before")
        for row in rows:
            if row.noun in self._rules and not row.withdrawn:
                self._rules[row.noun](case, row.body)
        for row in rows:
            self._reviewed.notice(row)

    def close(self) -> None:
        for verb, count in sorted(self._unknown.items()):
            if count:
                told = f"{count} entries of {verb}: this version does not know what that takes"
                self._report.cannot_tell(Check.ENTITLED, "way_unknown", told)
        told = f"{self._judged} acts judged by the grants, tokens, functions and proposals that stood before them"
        self._report.say(Check.ENTITLED, told)
        not_judged = ["unknown authors behind commitments"]
        if self._nameless:
            not_judged.append(f"scopes of {self._nameless} acts by tokens that earlier versions did not name")
        if self._reviewed.unjudged:
            not_judged.append(f"whether {self._reviewed.unjudged} earlier approvals of the same person still stood")
        self._report.say(Check.ENTITLED, f"not judged: {'; '.join(not_judged)}")


def _proposal(case: Case, body: Mapping[str, Any]) -> None:
    case.done_by(body["proposed_by"])


def _policy(case: Case, body: Mapping[str, Any]) -> None:
    case.done_by(body["published_by"])
    _second(case, body["published_by"], body)
    pair = (body["published_by"], body["proposed_by"])
    if not any(body["owner"] in case.functions(person) for person in pair):
        case.bad("function_not_held", f"neither of the two holds {body['owner']}, which owns the policy")


def _pack(case: Case, body: Mapping[str, Any]) -> None:
    case.done_by(body["adopted_by"])
    if body["proposal"] is not None:
        _second(case, body["adopted_by"], body)


def _second(case: Case, second: str, body: Mapping[str, Any]) -> None:
    """Two people, over one and the same text."""
    if second == body["proposed_by"]:
        case.bad("own_publication", f"{second} published a proposal of their own")
    found = case.in_force(body["proposal"])
    if found is None:
        case.cannot("own_publication", "the proposal is not in the archive")
    elif (found.body["proposed_by"], found.body["text"]) != (body["proposed_by"], body["text"]):
        case.bad("own_publication", "what was published is not what the proposal says")


def _token(case: Case, body: Mapping[str, Any]) -> None:
    if body["principal"] != case.actor and not is_urn(body["principal"], "robot"):
        case.bad("for_another_person", f"it makes a token with which {case.actor} could act as {body['principal']}")


def _key(case: Case, body: Mapping[str, Any]) -> None:
    """A person binds their own keys, whoever manages people a robot's; nobody binds a key to another person."""
    robot = is_urn(body["holder"], "robot")
    if not robot and body["holder"] != case.actor:
        case.bad("for_another_person", f"it binds a key with which {case.actor} could sign as {body['holder']}")
    if robot != (body["kind"] == KeyKind.ED25519):
        case.bad("for_another_person", f"a key of kind {body['kind']} is bound to {body['holder']}")
    case.done_by(body["bound_by"])
