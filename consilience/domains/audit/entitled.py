"""Check 6: whoever acted had the right to, by the grants, functions and proposals that were recorded before the act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from consilience.domains.access import rules as access
from consilience.domains.audit.history import History, Moment, Recorded
from consilience.domains.audit.report import Check, Report
from consilience.domains.ledger.rules import AuthenticatedBy, Entry
from consilience.kit.clock import Instant
from consilience.kit.naming import is_urn

OPERATORS = frozenset(
    {"ledger.begun", "people.functions_founded", "people.first_administrator_joined", "evidence.kinds_founded", "evidence.kinds_shipped",
     "ledger.key_rotated", "ledger.key_revoked", "ledger.epoch_declared"}
)  # fmt: skip
"""Verbs of the operator alone."""
OWN: Mapping[str, tuple[str, str]] = {
    "access.token_made": ("principal", "access.manage"),
    "access.token_withdrawn": ("principal", "access.manage"),
    "keys.bound": ("holder", "people.manage"),
    "keys.revoked": ("holder", "people.manage"),
    "review.delegation_ended": ("person", "people.manage"),
}
"""Verbs that everybody may do with what is theirs: the field that says whose it is, and what others need."""
NOBODYS = frozenset({"gate.standing_changed"})
"""The product notes by itself that a standing changed; no grant is asked for."""
WHOLE = frozenset(
    {"people.manage", "access.manage", "ledger.manage", "policy.publish", "policy.propose", "policy.adopt_pack", "evidence.define",
     "policy.discuss", "content.erase", "content.hold"}
)  # fmt: skip
"""Actions on what belongs to the workspace as a whole."""
WHOLE_VERBS = frozenset({"inventory.imported", "inventory.system_registered"})
"""Acts that take a workspace-wide grant though their action does not: until a system exists, nobody is entitled to it."""
NEEDS: Mapping[str, str] = {
    "access.granted": "access.manage",
    "access.grant_ended": "access.manage",
    "content.erased": "content.erase",
    "content.hold_placed": "content.hold",
    "content.hold_lifted": "content.hold",
    "evidence.attached": "evidence.attach",
    "evidence.computed": "evidence.compute",
    "evidence.withdrawn": "evidence.attach",
    "evidence.kind_defined": "evidence.define",
    "gate.decided": "gate.decide",
    "gate.grandfathered": "gate.grandfather",
    "inventory.imported": "inventory.register",
    "inventory.system_registered": "inventory.register",
    "inventory.system_corrected": "inventory.correct",
    "inventory.model_registered": "inventory.register",
    "inventory.model_corrected": "inventory.correct",
    "inventory.version_registered": "inventory.register",
    "inventory.version_withdrawn": "inventory.correct",
    "inventory.dataset_registered": "inventory.register",
    "inventory.dataset_corrected": "inventory.correct",
    "inventory.dataset_version_registered": "inventory.register",
    "inventory.dataset_terms_corrected": "inventory.correct",
    "inventory.dataset_version_withdrawn": "inventory.correct",
    "ledger.witness_policy_set": "ledger.manage",
    "people.invited": "people.manage",
    "people.deactivated": "people.manage",
    "people.reactivated": "people.manage",
    "people.function_held": "people.manage",
    "people.function_ended": "people.manage",
    "people.robot_added": "people.manage",
    "policy.proposed": "policy.propose",
    "policy.published": "policy.publish",
    "policy.commented": "policy.discuss",
    "policy.proposal_taken_back": "policy.propose",
    "policy.reviewed": "policy.publish",
    "policy.pack_proposed": "policy.adopt_pack",
    "policy.pack_adopted": "policy.adopt_pack",
    "policy.pack_dropped": "policy.adopt_pack",
    "predictions.batch_logged": "predictions.log",
    "release.proposed": "release.propose",
    "release.withdrawn": "release.propose",
    "review.signed_off": "review.sign_off",
    "review.proof_offered": "review.close_condition",
    "review.proof_accepted": "review.sign_off",
    "review.delegated": "review.sign_off",
    "review.objection_answered": "review.answer",
    "review.block_ended": "review.sign_off",
    "review.waived": "review.sign_off",
    "review.waiver_withdrawn": "review.sign_off",
    "review.panel_named": "access.manage",
}
"""What each verb takes. One that stands nowhere here cannot be judged, and verification says so."""


class Entitled:
    """Judges acts one by one, in the order of the ledger."""

    def __init__(self, report: Report, history: History) -> None:
        self._report, self._history = report, history
        self._judged, self._unknown = 0, Counter[str]()
        self._rules: Mapping[str, Callable[[str, Entry, Moment, Mapping[str, Any]], None]] = {
            "sign-off": self._sign_off,
            "proof": self._proof,
            "answer": self._answer,
            "block-end": self._block_end,
            "delegation": self._delegation,
            "waiver": self._waiver,
            "policy-proposal": self._proposal,
            "obligation-pack-proposal": self._proposal,
            "policy": self._policy,
            "obligation-pack": self._pack,
        }

    def judge(self, entry: Entry, position: int, rows: Sequence[Recorded]) -> None:
        """One act with the records it wrote. KeyError and the like where a record lacks what its noun has."""
        self._judged += 1
        where, moment = f"entry {position} ({entry.verb})", Moment(Instant(entry.at), position)
        self._right(where, entry, moment, rows)
        if entry.verb == "evidence.withdrawn" and any(
            row.body.get("producer", entry.actor) != entry.actor for row in rows
        ):
            self._bad("not_its_producer", f"{where}: {entry.actor} took back evidence that somebody else produced")
        person = self._history.in_force(entry.actor, moment)
        if person is not None and person.body.get("active") is False:
            self._bad("not_granted", f"{where}: {entry.actor} was deactivated before")
        for row in rows:
            if row.noun in self._rules and not row.withdrawn:
                self._rules[row.noun](where, entry, moment, row.body)

    def close(self) -> None:
        for verb, count in sorted(self._unknown.items()):
            told = f"{count} entries of {verb}: this version does not know what that takes"
            self._report.cannot_tell(Check.ENTITLED, "way_unknown", told)
        told = f"{self._judged} acts judged by the grants, functions and proposals that stood before them"
        self._report.say(Check.ENTITLED, told)
        told = (
            "not judged: scopes of tokens, unknown authors behind commitments, and that an approving person counts once"
        )
        self._report.say(Check.ENTITLED, told)

    def _bad(self, code: str, about: str) -> None:
        self._report.tampered(Check.ENTITLED, code, about)

    def _right(self, where: str, entry: Entry, moment: Moment, rows: Sequence[Recorded]) -> None:
        if entry.verb in OPERATORS:
            if entry.authenticated_by != AuthenticatedBy.OPERATOR:
                self._bad("not_granted", f"{where}: only the operator does this")
        elif entry.verb in OWN:
            whose, action = OWN[entry.verb]
            if any(row.body.get(whose) != entry.actor for row in rows):
                self._granted(where, entry, moment, action, rows)
        elif entry.verb in NEEDS:
            self._granted(where, entry, moment, NEEDS[entry.verb], rows)
        elif entry.verb not in NOBODYS:
            self._unknown[entry.verb] += 1

    def _granted(self, where: str, entry: Entry, moment: Moment, action: str, rows: Sequence[Recorded]) -> None:
        if entry.authenticated_by == AuthenticatedBy.OPERATOR:
            return
        whole = action in WHOLE or entry.verb in WHOLE_VERBS
        named = {row.body["system"] for row in rows if isinstance(row.body.get("system"), str)}
        for grant in self._history.of("grant", entry.actor, moment):
            body = grant.body
            role, until, system = body["role"], body.get("until"), body["system"]
            if until is not None and moment.at >= until:
                continue
            if role not in set(access.Role) or action not in access.ACTIONS[access.Role(role)]:
                continue
            # Where a record names no system of its own (a version, evidence), a grant in any system is believed.
            if system is None or (not whole and named <= {system}):
                return
        self._bad("not_granted", f"{where}: {entry.actor} held no grant in force that carries {action}")

    def _functions(self, person: str, moment: Moment) -> frozenset[str]:
        return frozenset(
            row.body["function"]
            for row in self._history.of("holding", person, moment)
            if not (row.body.get("until") is not None and moment.at >= row.body["until"])
        )

    def _is_actor(self, where: str, entry: Entry, said: str) -> None:
        if said != entry.actor:
            self._bad("actor_differs", f"{where}: its record says that {said} did it, the entry that {entry.actor} did")

    def _sign_off(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        person, function = body["person"], body["function"]
        self._is_actor(where, entry, person)
        authors = self._authors(body["release"], moment)
        if body.get("delegation") is not None:
            self._instead(where, moment, body, authors)
        elif not is_urn(person, "person") or function not in self._functions(person, moment):
            self._bad("function_not_held", f"{where}: {person} signed for {function} without holding it")
        if person in authors:
            self._bad("own_work", f"{where}: {person} signed work of their own")

    def _instead(self, where: str, moment: Moment, body: Mapping[str, Any], authors: Collection[str]) -> None:
        """Somebody signed in another's stead: by a delegation in force, of a function that its giver holds."""
        person, function, giver = body["person"], body["function"], body["instead_of"]
        found = self._history.in_force(body["delegation"], moment)
        lent = found.body if found is not None and found.noun == "delegation" else None
        fits = lent is not None and (lent["person"], lent["to"], lent["function"]) == (giver, person, function)
        if lent is None or not fits or lent["system"] not in (None, body["system"]) or moment.at >= lent["until"]:
            told = f"{where}: {person} signed for {function} in the stead of {giver} without a delegation in force"
            self._bad("not_delegated", told)
        if function not in self._functions(giver, moment):
            self._bad("function_not_held", f"{where}: {giver}, in whose stead was signed, did not hold {function}")
        if giver in authors:
            self._bad("own_work", f"{where}: the work of {giver} was signed in their stead")

    def _delegation(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        self._is_actor(where, entry, body["person"])
        if body["to"] == body["person"] or not is_urn(body["to"], "person"):
            self._bad("not_delegated", f"{where}: a function is lent to another person")
        if body["function"] not in self._functions(body["person"], moment):
            self._bad("function_not_held", f"{where}: {body['person']} lent {body['function']} without holding it")

    def _waiver(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        person, function = body["person"], body["function"]
        self._is_actor(where, entry, person)
        if not is_urn(person, "person") or function not in self._functions(person, moment):
            self._bad("function_not_held", f"{where}: {person} waived for {function} without holding it")
        if person in self._authors(body["release"], moment):
            self._bad("own_work", f"{where}: {person} waived a requirement for work of their own")

    def _authors(self, release: str, moment: Moment) -> Collection[str]:
        found = self._history.in_force(release, moment)
        version = self._history.in_force(found.body["model_version"], moment) if found else None
        if version is None:
            told = f"the authors of what {release} proposes are not in the archive"
            self._report.cannot_tell(Check.ENTITLED, "own_work", told)
            return ()
        authors: Collection[str] = version.body["authors"]
        return authors

    def _proof(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        by, (urn, _, nth) = body["accepted_by"], body["condition"].partition("#")
        if by is None:
            self._is_actor(where, entry, body["offered_by"])
            return
        self._is_actor(where, entry, by)
        given = self._history.in_force(urn, moment)
        if given is None:
            told = f"{where}: the sign-off of the condition is not in the archive"
            self._report.cannot_tell(Check.ENTITLED, "own_condition", told)
            return
        if given.body["function"] not in self._functions(by, moment):
            told = f"{where}: {by} accepted a proof for {given.body['function']} without holding it"
            self._bad("function_not_held", told)
        owners = {one["owner"] for number, one in enumerate(given.body["conditions"]) if str(number) == nth}
        if by in owners | {body["offered_by"]}:
            self._bad("own_condition", f"{where}: {by} accepted the proof of a condition of their own")

    def _answer(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        self._is_actor(where, entry, body["person"])
        given = self._history.in_force(body["objection"], moment)
        if given is not None and given.body["person"] == body["person"]:
            self._bad("own_objection", f"{where}: {body['person']} answered an objection of their own")

    def _block_end(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        person = body["person"]
        self._is_actor(where, entry, person)
        given = self._history.in_force(body["block"], moment)
        if given is None or person == given.body["person"]:
            return
        panel = {one for row in self._history.all("panel", moment) for one in row.body["people"]}
        if person not in panel or body["how"] == "withdrawn":
            self._bad("not_on_panel", f"{where}: {person} is neither the block's author nor speaks for the panel")

    def _proposal(self, where: str, entry: Entry, _moment: Moment, body: Mapping[str, Any]) -> None:
        self._is_actor(where, entry, body["proposed_by"])

    def _policy(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        self._is_actor(where, entry, body["published_by"])
        self._second(where, body["published_by"], moment, body)
        pair = (body["published_by"], body["proposed_by"])
        if not any(body["owner"] in self._functions(person, moment) for person in pair):
            told = f"{where}: neither of the two holds {body['owner']}, which owns the policy"
            self._bad("function_not_held", told)

    def _pack(self, where: str, entry: Entry, moment: Moment, body: Mapping[str, Any]) -> None:
        self._is_actor(where, entry, body["adopted_by"])
        if body["proposal"] is not None:
            self._second(where, body["adopted_by"], moment, body)

    def _second(self, where: str, second: str, moment: Moment, body: Mapping[str, Any]) -> None:
        """Two people, over one and the same text."""
        if second == body["proposed_by"]:
            self._bad("own_publication", f"{where}: {second} published a proposal of their own")
        found = self._history.in_force(body["proposal"], moment)
        if found is None:
            told = f"{where}: the proposal is not in the archive"
            self._report.cannot_tell(Check.ENTITLED, "own_publication", told)
        elif (found.body["proposed_by"], found.body["text"]) != (body["proposed_by"], body["text"]):
            self._bad("own_publication", f"{where}: what was published is not what the proposal says")
