"""Registering systems, models, versions and data; showing them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.surfaces.cli import git, risk_facts
from consilience.surfaces.cli.shared import (
    AsJson,
    Systems,
    address,
    connect,
    done,
    group,
    listed,
    pairs,
    say_json,
    table,
)

register = group("Register a system, a model, data, or a version.")
show = group("Show what is registered.")

Name = Annotated[str, typer.Option(help="What people call it.")]
Description = Annotated[str, typer.Option()]


@register.command("system")
def system(
    slug: Annotated[str, typer.Argument(help="Its name in addresses: a-z, 0-9 and -.")],
    name: Name,
    purpose: Annotated[str, typer.Option(help="What it is used for, such as credit-scoring.")],
    jurisdiction: Annotated[list[str], typer.Option(help="ISO 3166, such as DE or US-NY (repeat, or commas).")],
    audience: Annotated[list[str], typer.Option(help="Who uses or meets it (repeat, or commas).")],
    affected: Annotated[list[str], typer.Option(help="Whom its decisions touch (repeat, or commas).")],
    squad: Annotated[str, typer.Option(help="The team that keeps it.")],
    tier: Annotated[str, typer.Option(help="minimal, limited or high.")],
    owner: Annotated[str, typer.Option(help="Log-in address, or me.")] = "me",
    sponsor: Annotated[str | None, typer.Option(help="Log-in address.")] = None,
    description: Description = "",
    use: risk_facts.Use = None,
    autonomy: risk_facts.Autonomy = None,
    people_affected: risk_facts.PeopleAffected = None,
    data: risk_facts.Data = None,
    line_of_business: risk_facts.LineOfBusiness = None,
    as_json: AsJson = False,
) -> None:
    """Register an AI system in use for a purpose."""
    with connect() as client:
        made = client.register_system(
            **risk_facts.said_of_risk(use, autonomy, people_affected, data, line_of_business),
            slug=slug, name=name, purpose=purpose, description=description, jurisdictions=listed(jurisdiction),
            audience=listed(audience), affected_groups=listed(affected), owner=owner, squad=squad, sponsor=sponsor, tier=tier,
        )  # fmt: skip
    done(made, as_json, f"Registered system {made['slug']}. Next: register model … --system {made['slug']}")


@register.command("model")
def model(
    slug: Annotated[str, typer.Argument()],
    name: Name,
    system: Systems,
    description: Description = "",
    as_json: AsJson = False,
) -> None:
    """Register a model by name, for the systems that it serves."""
    with connect() as client:
        made = client.register_model(slug, name=name, systems=listed(system), description=description)
    done(made, as_json, f"Registered model {made['slug']}. Next: register version {made['slug']} --artefact …")


@register.command("dataset")
def dataset(
    slug: Annotated[str, typer.Argument()],
    name: Name,
    system: Systems,
    description: Description = "",
    as_json: AsJson = False,
) -> None:
    """Register data by name, for the systems whose members may know of it."""
    with connect() as client:
        made = client.register_dataset(slug, name=name, systems=listed(system), description=description)
    done(made, as_json, f"Registered dataset {made['slug']}. Next: register data-version {made['slug']} FILE …")


@register.command("version")
def version(
    model: Annotated[str, typer.Argument(help="The model, such as credit-risk.")],
    artefact: Annotated[Path, typer.Option(help="The file or folder that was built.")],
    upload: Annotated[bool, typer.Option("--upload", help="Send it, so that the server can score it.")] = False,
    training: Annotated[list[str] | None, typer.Option(help="Data it learned from, such as panel@1.")] = None,
    parameter: Annotated[list[str] | None, typer.Option(help="NAME=VALUE (repeat).")] = None,
    protected: Annotated[list[str] | None, typer.Option(help="Protected attributes (repeat, or commas).")] = None,
    author: Annotated[list[str] | None, typer.Option(help="Log-in address of an author (repeat, or commas).")] = None,
    triggered_by: Annotated[str | None, typer.Option(help="Who started the run: log-in address.")] = None,
    code_revision: Annotated[str | None, typer.Option(help="The commit it was built from (else git's HEAD).")] = None,
    repository: Annotated[Path, typer.Option(help="The git repository that holds the code.")] = Path(),
    no_git: Annotated[bool, typer.Option("--no-git", help="There is no git: name every author with --author.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register the next version of a model. Authors and committers since the last version cannot sign it off."""
    if no_git and not (author and code_revision):
        raise WrongUse("--no-git needs --author and --code-revision: nobody else can say who made it, from what")
    with connect() as client:
        revision, committers = str(code_revision), list[str]()
        if not no_git:
            before = client.get(address("models", model, "versions"), limit=1)["items"]
            revision = git.revision(repository, code_revision)
            committers = git.committers(repository, before[0]["code_revision"] if before else None, revision)
        made = client.register_version(
            model, artefact=artefact, upload=upload, code_revision=revision, parameters=pairs(parameter or [], "--parameter"),
            training=listed(training or []), authors=listed(author or []), committers=committers,
            triggered_by=triggered_by, protected_attributes=listed(protected or []),
        )  # fmt: skip
    unknown = f" and {made['unknown_authors']} addresses that nobody here has" if made["unknown_authors"] else ""
    authors = ", ".join(one["name"] or one["urn"] for one in made["authors"])
    done(
        made,
        as_json,
        f"Registered {made['reference']}, artefact {made['artefact']['digest'][:12]}…, authors {authors}{unknown}",
    )


@register.command("data-version")
def data_version(
    dataset: Annotated[str, typer.Argument(help="The dataset, such as panel.")],
    file: Annotated[Path, typer.Argument(help="A .parquet, .csv or .csv.gz file.")],
    provenance: Annotated[str, typer.Option(help="Where the rows come from.")],
    lawful_basis: Annotated[str, typer.Option(help="GDPR art. 6: consent, contract, …; public_licence; not_personal.")],
    jurisdiction: Annotated[list[str], typer.Option(help="Where they may be used (repeat, or commas).")],
    consent: Annotated[bool, typer.Option(help="Whether consent is recorded.")] = False,
    consent_reference: Annotated[str, typer.Option()] = "",
    agreement: Annotated[str, typer.Option(help="The sharing agreement.")] = "",
    agreement_until: Annotated[str | None, typer.Option(help="Its last day.")] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="Allowed purposes (repeat, or commas).")] = None,
    retained_until: Annotated[str | None, typer.Option(help="The last day on which they may be kept.")] = None,
    personal: Annotated[bool, typer.Option("--personal/--not-personal", help="Whether they describe persons.")] = True,
    reference: Annotated[str, typer.Option(help="Where the file lies, when it is not uploaded.")] = "",
    upload: Annotated[bool, typer.Option("--upload", help="Send it, so that the server can measure on it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register the next version of a dataset: exactly these rows, on these terms."""
    with connect() as client:
        made = client.register_dataset_version(
            dataset, file, upload=upload, reference=reference, provenance=provenance, lawful_basis=lawful_basis,
            consent=consent, consent_reference=consent_reference, agreement=agreement, agreement_until=agreement_until,
            purposes=listed(purpose or []), jurisdictions=listed(jurisdiction), retained_until=retained_until,
            personal_data=personal,
        )  # fmt: skip
    done(made, as_json, f"Registered {made['reference']}: {made['rows']} rows, {len(made['columns'])} columns")


@show.command("systems")
def systems(as_json: AsJson = False) -> None:
    """The systems that you may know of."""
    with connect() as client:
        found = list(client.listed("/systems"))
    rows = [(one["slug"], one["name"], one["tier"], one["owner"]["name"]) for one in found]
    _list(found, as_json, ("SYSTEM", "NAME", "TIER", "OWNER"), rows, "No system yet: consilience register system …")


@show.command("models")
def models(as_json: AsJson = False) -> None:
    """The models that you may know of."""
    with connect() as client:
        found = list(client.listed("/models"))
    rows = [(one["slug"], one["name"], ", ".join(one["systems"])) for one in found]
    _list(found, as_json, ("MODEL", "NAME", "SYSTEMS"), rows, "No model yet: consilience register model …")


@show.command("datasets")
def datasets(as_json: AsJson = False) -> None:
    """The datasets that you may know of."""
    with connect() as client:
        found = list(client.listed("/datasets"))
    rows = [(one["slug"], one["name"], ", ".join(one["systems"])) for one in found]
    _list(found, as_json, ("DATASET", "NAME", "SYSTEMS"), rows, "No dataset yet: consilience register dataset …")


@show.command("version")
def one_version(reference: Annotated[str, typer.Argument(help="Such as credit-risk@3.")]) -> None:
    """Everything that a version's registration says, with its history."""
    with connect() as client:
        say_json(client.get(address("versions", reference)))


@show.command("data-version")
def one_data_version(reference: Annotated[str, typer.Argument(help="Such as panel@1.")]) -> None:
    """Everything that a dataset version's registration says, with its history."""
    with connect() as client:
        say_json(client.get(address("dataset-versions", reference)))


def _one(noun: str) -> None:
    @show.command(noun, help=f"Everything that a {noun}'s registration says, with its history.")
    def one(slug: Annotated[str, typer.Argument(help="Its name in addresses.")]) -> None:
        with connect() as client:
            say_json(client.get(address(f"{noun}s", slug)))


for _noun in ("system", "model", "dataset"):
    _one(_noun)


def _list(
    found: list[dict[str, Any]], as_json: bool, columns: tuple[str, ...], rows: list[tuple[Any, ...]], empty: str
) -> None:
    if as_json:
        say_json(found)
    else:
        table(columns, rows, empty=empty)
