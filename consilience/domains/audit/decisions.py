"""Check 7: each decision rests on its stored facts, policies and schema, and comes out of them again, byte for byte."""

from __future__ import annotations

from typing import Any

from consilience.domains.audit.history import History, Moment
from consilience.domains.audit.layout import RESTS_ON, content_name
from consilience.domains.audit.reader import Archive
from consilience.domains.audit.report import Check, Report
from consilience.domains.audit.walked import MALFORMED, Decided, Walked
from consilience.domains.gate import rules as gate
from consilience.domains.gate import waivers
from consilience.domains.gate.queries import result, stored_aside
from consilience.domains.policy import document
from consilience.domains.policy import queries as policy
from consilience.domains.policy.language.types import Schema, schema_from_json
from consilience.domains.policy.outcome import from_json
from consilience.domains.policy.scope import Bound
from consilience.domains.policy.scoped import scope_of
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput

MAX_FILE = 2**28


def replayed(archive: Archive, found: Walked, report: Report) -> None:
    """Check every decision of the archive."""
    for one in found.decisions:
        where = f"the decision of entry {one.position}"
        try:
            _decision(archive, found.history, one, where, report)
        except BadInput as error:
            report.tampered(Check.DECISIONS, "input_differs", f"{where}: what it rests on cannot be read: {error}")
        except MALFORMED as error:
            told = f"{where}: what it rests on has not the form it should ({type(error).__name__}: {error})"
            report.tampered(Check.DECISIONS, "input_differs", told)
    if found.decisions:
        report.say(Check.DECISIONS, f"{len(found.decisions)} decisions evaluated again from what they rest on")
    else:
        report.nothing(Check.DECISIONS, "decisions: nothing of this kind in the archive")


def _decision(archive: Archive, history: History, one: Decided, where: str, report: Report) -> None:
    body = one.row.body
    for name in ("allowed", "ground"):
        if one.entry.predicate.get(name) != body[name]:
            told = f"{where}: the entry says {name} {one.entry.predicate.get(name)!r}, its record {body[name]!r}"
            report.tampered(Check.DECISIONS, "verdict_differs", told)
    stored = {name: _stored(archive, name, body[name], where, report) for name in RESTS_ON}
    files = {name: data for name, data in stored.items() if data is not None}
    if len(files) < len(RESTS_ON):
        return
    listed = canonical.read(files["policies"])
    _in_force(history, one, listed, _bound(canonical.read(files["facts"])), where, report)
    _again(archive, one, listed, files, where, report)


def _stored(archive: Archive, name: str, digest: str, where: str, report: Report) -> bytes | None:
    member = content_name(digest)
    if member not in archive:
        told = f"{where}: its {name} ({digest[:12]}) are not in the archive"
        report.cannot_tell(Check.DECISIONS, "input_missing", told)
        return None
    data = archive.read(member, most=MAX_FILE)
    if canonical.sha256(data) != digest:
        report.tampered(Check.DECISIONS, "input_differs", f"{where}: its {name} were swapped or edited")
        return None
    return data


def _bound(facts: dict[str, Any]) -> Bound:
    """The system that was decided about, as scopes see it."""
    return Bound.of(facts["system"])


def _in_force(
    history: History, one: Decided, listed: list[dict[str, Any]], system: Bound, where: str, report: Report
) -> None:
    """The policies it asked are exactly those that were in force and bind the system."""
    body = one.row.body
    if body["known_at"] != one.position:
        told = f"{where}: it knew {body['known_at']} entries, but stands behind {one.position}"
        report.tampered(Check.DECISIONS, "policy_differs", told)
    rows = history.all("policy", Moment(Instant(body["valid_at"]), body["known_at"]))
    expected = {row.digest: row for row in rows}
    for said in listed:
        row = expected.pop(said["digest"], None)
        if row is None:
            told = f"{where}: policy {said['slug']} was not in force"
        elif (row.body["text"], row.body["schema"]) != (said["text"], said["schema"]):
            told = f"{where}: policy {said['slug']} is not as it was published"
        else:
            continue
        report.tampered(Check.DECISIONS, "policy_differs", told)
    for row in expected.values():
        if not scope_of(row.body["text"], row.body["slug"]).covers(system):
            continue
        told = f"{where}: policy {row.body['slug']} was in force and was not asked"
        report.tampered(Check.DECISIONS, "policy_differs", told)


def _again(
    archive: Archive, one: Decided, listed: list[dict[str, Any]], files: dict[str, bytes], where: str, report: Report
) -> None:
    """Evaluate its policies over its facts, and hold the answer against every place that tells it."""
    body, facts = one.row.body, canonical.read(files["facts"])
    loaded = []
    for said in listed:
        under = _stored(archive, "schema", said["schema"], where, report)
        if under is None:
            return
        loaded.append(
            document.load_published(
                said["text"], schema=_schema(under), functions=tuple(said["functions"]), zone=said["zone"]
            )
        )
    asked = policy.outcomes(loaded, facts, _schema(files["schema"]), Instant(body["valid_at"]), stored_aside(listed))
    outcomes = waivers.applied(asked, loaded, facts)
    verdict = gate.verdict(outcomes, gate.hindrances(facts), stage=body["stage"])
    if {name: body[name] for name in verdict.as_json()} != verdict.as_json():
        told = f"{where}: it says {body['ground']}, its facts and policies give {verdict.ground}"
        report.tampered(Check.DECISIONS, "verdict_differs", told)
    if result(outcomes, verdict) != files["result"]:
        told = f"{where}: its facts and policies give another result than the stored one"
        report.tampered(Check.DECISIONS, "replay_differs", told)
    explained = [from_json(one) for one in canonical.read(files["explanation"])]
    if result(explained, verdict) != files["result"]:
        told = f"{where}: its explanation and its result tell different outcomes"
        report.tampered(Check.DECISIONS, "verdict_differs", told)


def _schema(data: bytes) -> Schema:
    return schema_from_json(canonical.read(data))
