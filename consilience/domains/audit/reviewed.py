"""Check 6, second part: the rules of the review. Who may say what of a release, of a condition, an objection, a block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from consilience.domains.audit.cases import Case
from consilience.domains.audit.history import Recorded
from consilience.domains.ledger.rules import SIGNED
from consilience.kit import canonical
from consilience.kit.naming import is_urn

ITEMS = frozenset(
    {"system", "model", "model-version", "dataset", "dataset-version", "evidence", "kind", "facet-plan", "function"}
)
"""Nouns that facets are made of: a sign-off goes stale by nothing else."""
APPROVALS = frozenset({"approve", "approve_with_conditions"})
STATED = ("function", "verdict", "facet", "policies")
"""Fields of a sign-off that its entry states too, where it was signed; some of them always."""
VOICES = 2
"""So many people make a panel."""


class Reviewed:
    """Judges what people said in reviews, in the order of the ledger."""

    def __init__(self) -> None:
        self.unjudged = 0
        """Approvals of which it cannot be told whether another one of the same person still stood."""
        self._said: dict[tuple[str, str], dict[str, Recorded]] = {}
        self._changed, self._ahead = -1, ""
        self.rules: Mapping[str, Callable[[Case, Mapping[str, Any]], None]] = {
            "sign-off": self._sign_off, "proof": _proof, "answer": _answer, "block-end": _block_end, "panel": _panel,
            "delegation": _delegation, "waiver": _waiver,
        }  # fmt: skip

    def notice(self, row: Recorded) -> None:
        """Remember a record once its act was judged."""
        if row.noun in ITEMS:
            self._changed, self._ahead = row.position, max(self._ahead, row.valid_from)
        if (
            row.noun == "sign-off" and row.body.get("delegation") is not None
        ):  # one voice of two people: not followed here
            self._said.pop((row.body["release"], row.body["instead_of"]), None)
        elif row.noun == "sign-off":
            self._said.setdefault((row.body["release"], row.body["person"]), {})[row.body["function"]] = row

    def _sign_off(self, case: Case, body: Mapping[str, Any]) -> None:
        person, function = body["person"], body["function"]
        case.done_by(person)
        authors = _authors(case, body["release"])
        if body.get("delegation") is not None:
            _instead(case, body, authors)
        elif not is_urn(person, "person") or function not in case.functions(person):
            case.bad("function_not_held", f"{person} signed for {function} without holding it")
        if person in authors:
            case.bad("own_work", f"{person} signed work of their own")
        _well_formed(case, body)
        _as_stated(case, body)
        _policies(case, body)
        self._once(case, body)
        if body["facet"] != _facet(case, body):
            case.bad("facet_differs", "the facet that it names is not that of these items of this release")

    def _once(self, case: Case, body: Mapping[str, Any]) -> None:
        """An approving person counts once: nobody approves a release for two functions while the first approval stands.

        What is said in another's stead is that person's voice, and not one's own.
        """
        if body["verdict"] not in APPROVALS or body.get("delegation"):
            return
        others = self._said.get((body["release"], body["person"]), {}).items()
        for function, row in others:
            if function == body["function"] or row.body["verdict"] not in APPROVALS:
                continue
            expires = row.body["expires_at"]
            if expires is not None and (case.moment.at >= expires or case.entry.authenticated_by in SIGNED):
                continue
            if self._changed > row.position or self._ahead > row.valid_from:
                self.unjudged += 1  # it may have gone stale meanwhile
            else:
                case.bad("counts_once", f"{body['person']} had approved this release for {function} already")


def _proposed(case: Case, release: str) -> tuple[Recorded, Recorded] | None:
    """A release and the version that it proposes, where the archive holds both."""
    found = case.in_force(release)
    version = case.in_force(found.body["model_version"]) if found is not None else None
    return None if found is None or version is None else (found, version)


def _authors(case: Case, release: str) -> Collection[str]:
    proposed = _proposed(case, release)
    if proposed is None:
        case.cannot("own_work", f"what {release} proposes is not in the archive, nor whose work it is")
        return ()
    authors: Collection[str] = proposed[1].body["authors"]
    return authors


def _instead(case: Case, body: Mapping[str, Any], authors: Collection[str]) -> None:
    """Somebody signed in another's stead: by a delegation in force, of a function that its giver holds."""
    person, function, giver = body["person"], body["function"], body["instead_of"]
    found = case.in_force(body["delegation"])
    lent = found.body if found is not None and found.noun == "delegation" else None
    fits = lent is not None and (lent["person"], lent["to"], lent["function"]) == (giver, person, function)
    if lent is None or not fits or lent["system"] not in (None, body["system"]) or case.moment.at >= lent["until"]:
        case.bad(
            "not_delegated", f"{person} signed for {function} in the stead of {giver} without a delegation in force"
        )
    if function not in case.functions(giver):
        case.bad("function_not_held", f"{giver}, in whose stead was signed, did not hold {function}")
    if giver in authors:
        case.bad("own_work", f"the work of {giver} was signed in their stead")


def _delegation(case: Case, body: Mapping[str, Any]) -> None:
    case.done_by(body["person"])
    if body["to"] == body["person"] or not is_urn(body["to"], "person"):
        case.bad("not_delegated", "a function is lent to another person")
    if body["function"] not in case.functions(body["person"]):
        case.bad("function_not_held", f"{body['person']} lent {body['function']} without holding it")


def _waiver(case: Case, body: Mapping[str, Any]) -> None:
    person, function = body["person"], body["function"]
    case.done_by(person)
    if not is_urn(person, "person") or function not in case.functions(person):
        case.bad("function_not_held", f"{person} waived for {function} without holding it")
    if person in _authors(case, body["release"]):
        case.bad("own_work", f"{person} waived a requirement for work of their own")


def _facet(case: Case, body: Mapping[str, Any]) -> str:
    """The digest of these items of this release, as docs/formats.md defines it; what it says where that cannot be told."""
    proposed = _proposed(case, body["release"])
    if proposed is None:
        return str(body["facet"])
    release, version = proposed
    return canonical.digest(
        {
            "facet": body["function"],
            "system": release.body["system"],
            "model_version": release.body["model_version"],
            "artefact": version.body["artefact"]["digest"],
            "stage": release.body["stage"],
            "items": sorted(body["items"]),
        }
    )


def _well_formed(case: Case, body: Mapping[str, Any]) -> None:
    """A verdict with conditions has some, no other has any, and what falls due lies ahead of the act."""
    conditions, expires, at = body["conditions"], body["expires_at"], case.entry.at
    if (body["verdict"] == "approve_with_conditions") != bool(conditions):
        case.bad("sign_off_form", f"the verdict {body['verdict']} stands with {len(conditions)} conditions")
    if any(one["due_at"] <= at for one in conditions) or (expires is not None and expires <= at):
        case.bad("sign_off_form", "a condition or the sign-off itself had ended before it was given")
    if body["signed_at"] != at:
        case.bad("sign_off_form", f"it says that it was signed at {body['signed_at']}, the entry at {at}")


def _as_stated(case: Case, body: Mapping[str, Any]) -> None:
    """What the entry itself states of a sign-off is what its record says."""
    said = case.entry.predicate
    differing = [name for name in STATED if name in said and said[name] != body.get(name)]
    if "items" in said and said["items"] != [digest for _, digest in body["items"]]:
        differing.append("items")
    if differing:
        case.bad("statement_differs", f"the entry and its record say different things of {', '.join(differing)}")


def _policies(case: Case, body: Mapping[str, Any]) -> None:
    """The set of policies that it names was the one in force. Earlier versions sorted names as the database did."""
    found = [(row.body["slug"], row.digest) for row in case.history.all("policy", case.moment)]
    orders = (sorted(found), sorted(found, key=lambda one: (one[0].replace("-", ""), one[0])))
    if all(canonical.digest([list(one) for one in order]) != body["policies"] for order in orders):
        case.bad("policy_differs", "the policies that it names are not those that were in force")


def _proof(case: Case, body: Mapping[str, Any]) -> None:
    by, (urn, _, nth) = body["accepted_by"], body["condition"].partition("#")
    if by is None:
        case.done_by(body["offered_by"])
        return
    case.done_by(by)
    offered = [row.body for row in case.history.all("proof", case.moment) if row.body["condition"] == body["condition"]]
    if {**body, "accepted_by": None} not in offered:
        case.absent("proof_differs", "what it accepts is not the proof that was offered")
    given = case.in_force(urn)
    if given is None:
        case.cannot("own_condition", "the sign-off of the condition is not in the archive")
        return
    if given.body["function"] not in case.functions(by):
        case.bad("function_not_held", f"{by} accepted a proof for {given.body['function']} without holding it")
    owners = {one["owner"] for number, one in enumerate(given.body["conditions"]) if str(number) == nth}
    if not owners:
        case.bad("own_condition", "its sign-off imposes no such condition")
    if by in owners | {body["offered_by"]}:
        case.bad("own_condition", f"{by} accepted the proof of a condition of their own")


def _answer(case: Case, body: Mapping[str, Any]) -> None:
    case.done_by(body["person"])
    given = case.in_force(body["objection"])
    if given is None:
        case.cannot("own_objection", "the objection that it answers is not in the archive")
    elif given.body["person"] == body["person"]:
        case.bad("own_objection", f"{body['person']} answered an objection of their own")
    elif given.body["verdict"] != "object":
        case.bad("own_objection", "what it answers is no objection")


def _block_end(case: Case, body: Mapping[str, Any]) -> None:
    person = body["person"]
    case.done_by(person)
    given = case.in_force(body["block"])
    if given is None:
        case.cannot("not_on_panel", "the block that it ends is not in the archive")
        return
    if given.body["verdict"] != "block":
        case.bad("not_on_panel", "what it ends is no block")
    if (person == given.body["person"]) != (body["how"] == "withdrawn"):
        case.bad("not_on_panel", "a block is withdrawn by its author, and by nobody else")
    panel = {one for row in case.history.all("panel", case.moment) for one in row.body["people"]}
    if person != given.body["person"] and person not in panel:
        case.bad("not_on_panel", f"{person} is neither the block's author nor speaks for the panel")


def _panel(case: Case, body: Mapping[str, Any]) -> None:
    if len(set(body["people"])) < VOICES:
        case.bad("not_on_panel", f"a panel of fewer than {VOICES} people was named")
