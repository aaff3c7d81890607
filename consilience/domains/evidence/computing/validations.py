"""Evidence of data held to a contract: the rows of a held dataset, or counts of a client."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from consilience.domains.content import actions as content
from consilience.domains.evidence.actions import Said, Subject, record_computed
from consilience.domains.evidence.held import held_file, same_bytes, version_and_data
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import Grade
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant, moment
from consilience.kit.errors import BadInput
from consilience.measure import validation_counts
from consilience.measure.contract_reading import read_contract
from consilience.measure.engines.validating import validate
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.validation import Validation
from consilience.measure.validation_counts import ValidationCounts

KIND, METHOD = "data_validation", "contract"


def from_data(
    *, actor: Actor, version: str, dataset: str, contract: str, as_of: str | None, now: Instant
) -> list[Evidence]:
    """Hold the rows of a held dataset to a contract: "recomputed from data". Ages are counted to `as_of`, now if it is None."""
    of, data = version_and_data(actor, version, dataset, now)
    rules, at = read_contract(contract, "contract"), _moment(as_of, now)
    with held_file(data) as path:
        found = validate(path, rules, as_of=at, examples=0)
        counts = validation_counts.counts_of(found, path, contract=contract, as_of=at, minimum=USUAL_MINIMUM)
    return _record(actor, of, data, counts, Grade.RECOMPUTED_FROM_DATA, now)


def from_counts(
    *, actor: Actor, version: str, dataset: str, data_digest: str, counts: Mapping[str, Any], now: Instant
) -> list[Evidence]:
    """Judge a contract again from counts that a client made where the data lie: "recomputed from states"."""
    of, data = version_and_data(actor, version, dataset, now)
    same_bytes(data, data_digest)
    return _record(actor, of, data, validation_counts.from_json(dict(counts)), Grade.RECOMPUTED_FROM_STATES, now)


def _record(
    actor: Actor,
    of: inventory.VersionOf,
    data: inventory.DataVersionOf,
    counts: ValidationCounts,
    grade: Grade,
    now: Instant,
) -> list[Evidence]:
    found = validation_counts.of_counts(counts, columns=_columns(data))
    contract = content.put(counts.contract.encode("utf-8"), now=now)
    kept = content.put(validation_counts.encode(counts), now=now)
    files = [("contract.yaml", contract), ("counts.json", kept)]
    said = Said(KIND, METHOD, validation(found, contract), dataset=data.urn, files=files)
    inputs = {"dataset": data.row.body["digest"], "contract": contract, "counts": kept}
    return record_computed(actor=actor, subject=Subject(of.urn, of), said=[said], grade=grade, inputs=inputs, now=now)


def validation(found: Validation, contract: str) -> dict[str, Any]:
    """The fields of kind `data_validation`; `contract` is the digest of the contract's text. No example is among them."""
    return {
        "rows": found.rows,
        "contract": contract,
        "passed": found.passed,
        "failed": len(found.failed),
        "warned": len(found.warned),
        "as_of": found.as_of,
        "rules": [
            {
                "name": one.rule,
                "column": one.column,
                "asks": one.asks,
                "severity": one.severity.value,
                "passed": one.passed,
                "broken": one.broken,
                "rows": one.violations.rows,
                "share": one.violations.as_json(),
            }
            for one in found.findings
        ],
    }


def _columns(data: inventory.DataVersionOf) -> Collection[str] | None:
    """The columns that the data were registered with; None where none were named."""
    return [name for name, _ in data.row.body["columns"]] or None


def _moment(said: str | None, now: Instant) -> datetime:
    if said is None:
        return moment(now)
    try:
        found = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadInput("as_of", f"{said!r} is not a moment such as 2026-11-23T10:15:00Z") from error
    return found if found.tzinfo is None else found.astimezone(UTC)
