"""The gate's answer written back to MLflow: as tags of the version, and as an alias that only a yes can move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from consilience.adapters.mlflow import importing
from consilience.adapters.mlflow.plan import Home
from consilience.adapters.mlflow.store import Store
from consilience.client import Client, GateAnswer
from consilience.kit.errors import BadInput, NotFound

TAG = "consilience."
"""Our tags: verdict, stage, release, decision; and alias.NAME, the decision by which an alias was moved."""


@dataclass(frozen=True)
class Stray:
    """An alias that names a version which no gate let through, or not with these bytes."""

    model: str
    alias: str
    number: int
    why: str


def home_of(client: Client, store: Store, version: str) -> Home:
    """Where a registered version lies in this registry. Raises BadInput where it lies in none, or in another."""
    found = importing.home(client, version)
    if found is None:
        raise BadInput(version, "was not imported from MLflow; run `consilience mlflow import` first")
    if found.registry != store.address:
        raise BadInput(version, f"comes from the registry at {found.registry}, not from {store.address}")
    return found


def write(store: Store, home: Home, release: str, stage: str, answer: GateAnswer) -> dict[str, str]:
    """Set the tags of the version; returns them."""
    tags = {
        f"{TAG}verdict": answer.verdict, f"{TAG}stage": stage, f"{TAG}release": release, f"{TAG}decision": answer.decision or "",
    }  # fmt: skip
    store.tag(home.model, home.number, tags)
    return tags


def promote(store: Store, home: Home, alias: str, answer: GateAnswer) -> int | None:
    """Let the alias name the version; returns what it named before.

    Only after a recorded yes, and only while MLflow still holds the bytes that were decided about. Raises BadInput
    otherwise; the alias then stays where it is.
    """
    if not answer.allowed or answer.decision is None:
        raise BadInput(f"alias {alias}", "is moved by a recorded yes of the gate alone")
    changed = _other_bytes(store, home)
    if changed:
        raise BadInput(f"{home.model} {home.number}", f"{changed}, so the alias was not moved")
    before = store.alias(home.model, alias)
    store.tag(home.model, home.number, {f"{TAG}alias.{alias}": answer.decision})
    store.move(home.model, alias, home.number)
    return before


def strays(
    client: Client,
    store: Store,
    alias: str,
    stage: str,
    systems: Iterable[tuple[str, str]],
    references: dict[tuple[str, int], str],
) -> list[Stray]:
    """Where the alias names what the gate does not let through today. `systems`: (model in MLflow, system here).

    `references` maps model and number in MLflow to the version that is registered here.
    """
    found = []
    for model, system in systems:
        number = store.alias(model, alias)
        if number is None:
            continue
        why = _why_stray(client, store, references.get((model, number)), system, stage, number, model)
        if why:
            found.append(Stray(model, alias, number, why))
    return found


def _why_stray(
    client: Client, store: Store, reference: str | None, system: str, stage: str, number: int, model: str
) -> str | None:
    if reference is None:
        return "it is not registered here, so no gate ever saw it"
    try:
        answer = client.gate(reference, to=stage, system=system, preview=True)
    except NotFound:
        return f"there is no release of {reference} to {stage} in {system}"
    if not answer.allowed:
        return answer.sentence
    said = client.get(f"/versions/{reference}")
    return _other_bytes(store, Home(store.address, model, number, str(said["artefact"]["digest"])))


def _other_bytes(store: Store, home: Home) -> str | None:
    now = store.version(home.model, home.number).artefact
    return (
        None
        if now == home.artefact
        else f"holds other bytes ({now[:12]}…) than what was registered ({home.artefact[:12]}…)"
    )
