"""`consilience drift` and `consilience profile`: what changed, and what there is, from files on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.measure.plan import USUAL_MINIMUM
from consilience.surfaces.cli.attaching import Attach, Dataset, show_computed
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.references import (
    ReferenceProfile,
    ReferenceVersion,
    compared_with,
    record,
    said_kept,
    save,
)
from consilience.surfaces.cli.shared import AsJson, connect, listed, paragraph, say, say_json, table

Columns = Annotated[str, typer.Option(help="Only these columns, by commas.")]
Without = Annotated[str, typer.Option(help="All columns but these, by commas.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write the report as one HTML file, to look at or to print.")]
FEW = 15
SINCE_TRAINING = "training_against_now"
DASH = "\N{EN DASH}"


def drift(
    file: Annotated[str, typer.Argument(help="A .parquet or .csv file, a folder of them, or a glob.")],
    reference: Annotated[
        str | None, typer.Option(help="What it is compared with: the training rows, or an earlier month.")
    ] = None,
    reference_profile: ReferenceProfile = None,
    version: ReferenceVersion = None,
    columns: Columns = "",
    without: Without = "",
    multivariate: Annotated[
        bool, typer.Option("--multivariate", help="Also whether all columns together tell the two apart; on a sample.")
    ] = False,
    html: Html = None,
    as_json: AsJson = False,
    attach: Annotated[
        str | None,
        typer.Option(help="Attach to this version: counts go to the server, no row and no single value does."),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="With --attach: the registered data of FILE, as panel@2.")] = None,
    reference_dataset: Annotated[
        str | None,
        typer.Option(help="With --attach and --reference: the registered data of the reference, as panel@1."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="With --attach: training_against_now (unless said, against a stored reference), window_against_window."
        ),
    ] = None,
    minimum_group: Annotated[
        int | None,
        typer.Option(min=1, help="With --attach: join stretches and categories with fewer rows; 5 unless said."),
    ] = None,
) -> None:
    """How far the rows of a file moved from those of a reference, column by column, with intervals."""
    if attach is not None or dataset is not None or reference_dataset is not None or method is not None:
        _check_attached(attach, dataset, reference, reference_dataset, method)
        if reference_profile is not None or version is not None:
            raise WrongUse(
                "--attach takes --reference, or the reference that is stored for its version and nothing else"
            )
        if html is not None or multivariate:
            raise WrongUse(
                "--attach sends counts and prints what the server made of them: no --html, no --multivariate"
            )
        with connect() as client:
            made = client.drift_and_attach(
                file, reference, version=str(attach), dataset=str(dataset), reference_dataset=reference_dataset,
                method=method or SINCE_TRAINING, minimum_group=minimum_group or USUAL_MINIMUM, columns=listed([columns]) or None, without=listed([without]),
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return
    if minimum_group is not None:
        raise WrongUse("--minimum-group joins what is sent: it needs --attach")
    against = compared_with(reference, reference_profile, version)
    if against is None:
        raise WrongUse(
            "name what the rows are compared with: --reference FILE, --reference-profile FILE or --version MODEL@N"
        )
    if multivariate and against is not reference:
        raise WrongUse("--multivariate needs the rows of the reference: name them with --reference")
    from consilience.measure.drifting import drift as measured

    with counting("Counting") as progress:
        report = measured(
            file, against, columns=listed([columns]) or None, without=listed([without]), multivariate=multivariate,
            progress=progress,
        )  # fmt: skip
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    _show_drift(report)
    if multivariate:
        _show_together(report["multivariate"])
    _said_where(html)


def _check_attached(
    attach: str | None, dataset: str | None, reference: str | None, reference_dataset: str | None, method: str | None
) -> None:
    if attach is None or dataset is None:
        raise WrongUse("--attach and --dataset belong together")
    if reference is None and reference_dataset is not None:
        raise WrongUse(
            "--reference-dataset names the registered data of --reference; without both the stored reference is taken"
        )
    if reference is not None and (reference_dataset is None or method is None):
        raise WrongUse("--attach, --dataset, --reference-dataset and --method belong together")


def profile(
    file: Annotated[str, typer.Argument(help="A .parquet or .csv file, a folder of them, or a glob.")],
    columns: Columns = "",
    without: Without = "",
    html: Html = None,
    as_json: AsJson = False,
    save_profile: Annotated[
        Path | None,
        typer.Option(
            help="Keep the profile with its edges in this new file: what `--reference-profile` takes. It holds values of rows."
        ),
    ] = None,
    reference_for: Annotated[
        str | None,
        typer.Option(help="Store it, once, as the reference of this version: everything later is measured from it."),
    ] = None,
    attach: Attach = None,
    dataset: Dataset = None,
    reason: Annotated[
        str | None, typer.Option(help="With --reference-for: why this takes the place of the reference that is stored.")
    ] = None,
    minimum_group: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --attach, --reference-for (5 unless said) or --save-profile: tell of no fewer rows than this.",
        ),
    ] = None,
) -> None:
    """What each column of a file holds: kind, range, mean, missing and different values."""
    chosen: dict[str, Any] = {"columns": listed([columns]) or None, "without": listed([without])}
    if attach is not None or reference_for is not None or dataset is not None or reason is not None:
        _check_recorded(attach, reference_for, dataset, reason, {"--html": html, "--save-profile": save_profile})
        record(
            file, reference_for=reference_for, attach=attach, dataset=str(dataset), reason=reason,
            minimum_group=minimum_group or USUAL_MINIMUM, as_json=as_json, **chosen,
        )  # fmt: skip
        return
    if minimum_group is not None and save_profile is None:
        raise WrongUse("--minimum-group is about what is kept: it needs --attach, --reference-for or --save-profile")
    if save_profile is not None:
        _kept(file, save_profile, minimum_group, chosen, html=html, as_json=as_json)
        return
    from consilience.measure.drifting import profile as measured

    with counting("Counting") as progress:
        report = measured(file, progress=progress, **chosen)
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
        return
    _show_profile(report)
    _said_where(html)


def _check_recorded(
    attach: str | None, reference_for: str | None, dataset: str | None, reason: str | None, beside: Mapping[str, Any]
) -> None:
    if (attach is None) == (reference_for is None):
        raise WrongUse("a profile is recorded with --reference-for VERSION or with --attach VERSION, one of the two")
    if dataset is None:
        raise WrongUse("--dataset names the registered data of FILE, as panel@1")
    if reason is not None and reference_for is None:
        raise WrongUse("--reason says why a stored reference is replaced: it belongs to --reference-for")
    refused = [name for name, value in beside.items() if value is not None]
    if refused:
        raise WrongUse(f"what is recorded is what the server made of the counts: no {', no '.join(refused)}")


def _kept(
    file: str, path: Path, minimum_group: int | None, chosen: Mapping[str, Any], *, html: Path | None, as_json: bool
) -> None:
    """Count once, keep the profile, and show what it holds."""
    from consilience.measure import drifting, references
    from consilience.measure.report import report as called
    from consilience.measure.states.stored import refuse_empty

    with counting("Counting") as progress:
        if minimum_group is None:
            found = drifting.reference_profile(file, progress=progress, **chosen)
            refuse_empty(found, file)
        else:
            found = references.to_keep(file, minimum_group=minimum_group, progress=progress, **chosen)
    report = called(drifting.profile_report(found), file)
    if html is not None:
        write_page(html, report.html())
    save(path, found)
    if as_json:
        say_json(report)
        return
    _show_profile(report)
    said_kept(path, found, withheld=minimum_group is not None)
    _said_where(html)


def _show_drift(report: Mapping[str, Any]) -> None:
    say(f"{report['rows']:,} rows against {report['reference_rows']:,}. Intervals are 95 %.", tone="blue")
    show_features(report["features"], report["bins"])
    if report["not_compared"]:
        names = ", ".join(report["not_compared"])
        say(paragraph(f"Not compared, since the rows of now lack them or hold them otherwise: {names}."))


def _show_together(found: Any) -> None:
    from consilience.measure.pictures import sample_words as words

    area = found["area"]
    say("\nAll columns together")
    say(paragraph(words.of_two_sample(found)))
    limits = f", {area['low']:.4f} to {area['high']:.4f}" if area["low"] is not None else ""
    say(
        paragraph(
            f"Area under the ROC curve {area['value']:.4f}{limits}; the chance of one so large by luck is "
            f"{words.chance(found['p_value'])}. {words.sampled_two(found)}"
        )
    )


def show_features(features: Mapping[str, Any], bins: Mapping[str, Any]) -> None:
    """What changed, in a sentence and a line for each of the columns that moved most."""
    from consilience.measure.pictures import words

    say(paragraph(words.overall(features)))
    order = sorted(features, key=lambda column: -(words.stability(features[column])["value"] or 0.0))
    say("")
    rows = [
        (column, words.size_of_shift(words.stability(features[column]))[0], *_psi(words.stability(features[column])),
         words.shift(features[column], bins[column]))
        for column in order[:FEW]
    ]  # fmt: skip
    table(("COLUMN", "", "PSI", "95 %", "WHAT HAPPENED"), rows, empty="No column could be compared.")
    if len(order) > FEW:
        say(f"{len(order) - FEW} more columns moved less; --json and --html have them all.")


def _psi(figure: Mapping[str, Any]) -> tuple[str, str]:
    if figure["value"] is None:
        return DASH, DASH
    return f"{figure['value']:.4f}", f"{figure['low']:.4f}-{figure['high']:.4f}" if figure["low"] is not None else DASH


def _show_profile(report: Mapping[str, Any]) -> None:
    from consilience.measure.pictures import words

    say(f"{report['rows']:,} rows, {len(report['columns'])} columns.", tone="blue")
    rows = []
    for column, said in report["columns"].items():
        number = "many" if said["distinct"] is None else f"{said['distinct']:,}"
        span = (
            ", ".join(one["value"] for one in said["values"][:3])
            if said["kind"] == "category"
            else " to ".join(words.moment_or_number(said[end], said["kind"]) for end in ("minimum", "maximum"))
        )
        missing = f"{said['missing'] / report['rows']:.1%}" if report["rows"] else DASH
        rows.append((column, said["kind"], missing, number, span))
    table(("COLUMN", "KIND", "MISSING", "DIFFERENT", "VALUES"), rows, empty="No column could be counted.")
    if report["not_counted"]:
        say(f"Not counted (lists, structures or raw bytes): {', '.join(report['not_counted'])}")


def _said_where(html: Path | None) -> None:
    if html is not None:
        say(f"\nThe report is in {html}.")
