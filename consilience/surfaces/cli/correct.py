"""Correcting what is registered. A wrong registration is superseded and stays in the history; nothing is deleted."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.surfaces.cli import risk_facts
from consilience.surfaces.cli.shared import AsJson, address, connect, done, group, listed, say

app = group("Correct what is registered: the old version stays in the history.")

Text = Annotated[str | None, typer.Option()]
Several = Annotated[list[str] | None, typer.Option(help="All of them, anew (repeat, or commas).")]
FromTheStart = Annotated[
    bool, typer.Option("--wrong-from-the-start", help="It never was true; without this it changed just now.")
]
_SYSTEM = (
    *("slug", "name", "purpose", "description", "jurisdictions", "audience", "affected_groups", "squad", "tier"),
    *("use", "autonomy", "people_affected", "data_categories", "line_of_business"),
)
_NAMED = ("name", "description", "systems")
_TERMS = ("provenance", "lawful_basis", "consent", "consent_reference", "agreement", "agreement_until", "purposes",
          "jurisdictions", "retained_until", "personal_data")  # fmt: skip


@app.command("system")
def system(
    slug: Annotated[str, typer.Argument(help="The system, such as lending.")],
    name: Text = None,
    purpose: Text = None,
    jurisdiction: Several = None,
    audience: Several = None,
    affected: Several = None,
    squad: Text = None,
    tier: Text = None,
    owner: Annotated[str | None, typer.Option(help="Log-in address, or me.")] = None,
    sponsor: Annotated[str | None, typer.Option(help="Log-in address, or me; an empty text for none.")] = None,
    description: Text = None,
    use: risk_facts.Use = None,
    autonomy: risk_facts.Autonomy = None,
    people_affected: risk_facts.PeopleAffected = None,
    data: risk_facts.Data = None,
    line_of_business: risk_facts.LineOfBusiness = None,
    wrong_from_the_start: FromTheStart = False,
    as_json: AsJson = False,
) -> None:
    """Replace what is said of a system. What is not named stays as it is."""
    given = _given(
        name=name, purpose=purpose, jurisdictions=jurisdiction, audience=audience, affected_groups=affected,
        squad=squad, tier=tier, owner=owner, sponsor=sponsor, description=description,
        **risk_facts.said_of_risk(use, autonomy, people_affected, data, line_of_business),
    )  # fmt: skip
    with connect() as client:
        now = client.get(address("systems", slug))
        people = {role: (now[role] or {}).get("urn") for role in ("owner", "sponsor")}
        facts = {**{field: now[field] for field in _SYSTEM}, **people, **given}
        facts |= {"sponsor": facts["sponsor"] or None, **_how(now, wrong_from_the_start)}
        made = client.post(address("systems", slug), facts, method="PUT")
    done(made, as_json, f"Corrected system {slug}: {', '.join(sorted(given))}")


@app.command("model")
def model(
    slug: Annotated[str, typer.Argument(help="The model, such as credit-risk.")],
    name: Text = None,
    system: Several = None,
    description: Text = None,
    wrong_from_the_start: FromTheStart = False,
    as_json: AsJson = False,
) -> None:
    """Replace what is said of a model. What is not named stays as it is."""
    given = _given(name=name, systems=system, description=description)
    _correct_named("models", slug, given, wrong_from_the_start, as_json)


@app.command("dataset")
def dataset(
    slug: Annotated[str, typer.Argument(help="The dataset, such as panel.")],
    name: Text = None,
    system: Several = None,
    description: Text = None,
    wrong_from_the_start: FromTheStart = False,
    as_json: AsJson = False,
) -> None:
    """Replace what is said of a dataset. What is not named stays as it is, and so do its versions."""
    given = _given(name=name, systems=system, description=description)
    _correct_named("datasets", slug, given, wrong_from_the_start, as_json)


def _correct_named(kind: str, slug: str, given: dict[str, Any], wrong_from_the_start: bool, as_json: bool) -> None:
    with connect() as client:
        now = client.get(address(kind, slug))
        said = {**{field: now[field] for field in _NAMED}, **given, **_how(now, wrong_from_the_start)}
        made = client.post(address(kind, slug), said, method="PUT")
    done(made, as_json, f"Corrected {kind.removesuffix('s')} {slug}: {', '.join(sorted(given))}")


@app.command("terms")
def terms(
    reference: Annotated[str, typer.Argument(help="The data, such as panel@1.")],
    provenance: Text = None,
    lawful_basis: Text = None,
    consent: Annotated[bool | None, typer.Option("--consent/--no-consent")] = None,
    consent_reference: Text = None,
    agreement: Text = None,
    agreement_until: Annotated[str | None, typer.Option(help="Its last day.")] = None,
    purpose: Several = None,
    jurisdiction: Several = None,
    retained_until: Annotated[str | None, typer.Option(help="The last day on which they may be kept.")] = None,
    personal: Annotated[bool | None, typer.Option("--personal/--not-personal")] = None,
    wrong_from_the_start: FromTheStart = False,
    as_json: AsJson = False,
) -> None:
    """Replace the terms of data. What is not named stays as it is; the rows are what they are."""
    given = _given(
        provenance=provenance, lawful_basis=lawful_basis, consent=consent, consent_reference=consent_reference,
        agreement=agreement, agreement_until=agreement_until, purposes=purpose, jurisdictions=jurisdiction,
        retained_until=retained_until, personal_data=personal,
    )  # fmt: skip
    with connect() as client:
        now = client.get(address("dataset-versions", reference))
        said = {**{field: now[field] for field in _TERMS}, **given, **_how(now, wrong_from_the_start)}
        made = client.post(address("dataset-versions", reference, "terms"), said, method="PUT")
    done(made, as_json, f"Corrected the terms of {reference}: {', '.join(sorted(given))}")


@app.command("version")
def version(
    reference: Annotated[str, typer.Argument(help="The version, such as credit-risk@3.")],
    reason: Annotated[str, typer.Option(help="Why its registration is taken back.")],
) -> None:
    """Take a wrong version back. Register the right one as the next: its number is never used again."""
    _withdraw("versions", reference, reason)


@app.command("data-version")
def data_version(
    reference: Annotated[str, typer.Argument(help="The data, such as panel@1.")],
    reason: Annotated[str, typer.Option(help="Why their registration is taken back.")],
) -> None:
    """Take wrong data back. What learned from them says so; register the right ones as the next version."""
    _withdraw("dataset-versions", reference, reason)


def _withdraw(kind: str, reference: str, reason: str) -> None:
    with connect() as client:
        client.post(address(kind, reference, "withdraw"), {"reason": reason})
    say(f"Withdrawn: {reference}")


def _how(now: dict[str, Any], wrong_from_the_start: bool) -> dict[str, Any]:
    """Since when the correction holds, and what was read before it: what others correct meanwhile is not overwritten."""
    return {"wrong_from_the_start": wrong_from_the_start, "seen": now["history"][-1]["digest"]}


def _given(**said: Any) -> dict[str, Any]:
    """What was named, lists read from commas."""
    found = {
        name: listed(value) if isinstance(value, list) else value for name, value in said.items() if value is not None
    }
    if not found:
        raise WrongUse("name at least one thing to correct")
    return found
