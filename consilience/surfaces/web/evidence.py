"""A record of evidence with its figures, its files, and attaching one."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.content import actions as content
from consilience.domains.content import queries as contents
from consilience.domains.evidence import actions, queries, rules
from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries as policy
from consilience.kit.clock import now
from consilience.kit.errors import CannotTell, NotFound
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.language import told_in
from consilience.surfaces.web import signing, words
from consilience.surfaces.web.evidence_forms import KindForm, RecordForm
from consilience.surfaces.web.shared import asked, attempt, day, form_page, page, posted, uploaded
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import answer, data, evidence_rows, measured, pictured, plain

Shown = dict[str, Any]


@page(action="evidence.read")
def record(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """One record, withdrawn or not: what was relied on stays readable."""
    row, subject = queries.guarded(actor, "evidence.read", urn, asof)
    kind = _kind(row, asof)
    current = {one.row.urn: one for one in queries.current([row.subject], asof)}
    newer = next((one for one in current.values() if _same_place(one.row, row) and one.row.urn != row.urn), None)
    attempts = queries.attempts([row.subject], asof)[row.subject, row.kind]
    fields = row.body["fields"]
    context = {
        "record": _record(row, subject, kind, newer, attempts, pictured.dataset(actor, row.dataset, asof), asof),
        "figures": _figures(row.kind, fields),
        "charts": pictured.charts(actor, row, asof),
        "body": json.dumps(row.body, indent=2, ensure_ascii=False),
        "used_by": _used_by(row.kind, asof),
        "plain": _plain(request, actor, row, subject, asof),
        "no_right": "",
        "actions": [],
    }
    return render(request, "consilience/evidence.html", context)


@page(action="evidence.download")
def file(request: HttpRequest, actor: Actor, asof: AsOf, urn: str, digest: str) -> FileResponse:  # noqa: ARG001
    """A file of the evidence, byte for byte; always as an attachment, never shown by the browser."""
    row, _subject = queries.guarded(actor, "evidence.download", urn, asof)
    names = [one["name"] for one in row.body["files"] if one["digest"] == digest]
    if not names:
        raise NotFound("file", digest)
    if not contents.has(digest):
        raise CannotTell(_absent(digest, names[0]))
    stream = contents.stream(digest)
    response = FileResponse(stream, as_attachment=True, filename=names[0], content_type="application/octet-stream")
    response["Content-Length"] = str(contents.size_of(digest))
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _absent(digest: str, name: str) -> str:
    erased = commitments.erased([digest]).get(digest)
    if erased is None:
        return _("The file %(name)s is not in the content store any more.") % {"name": name}
    return _("The file %(name)s was erased on %(day)s, by entry %(entry)s.") % {
        "name": name, "day": erased.at[:10], "entry": erased.position,
    }  # fmt: skip


@page(action="evidence.attach", signs=Signs(("evidence.attached",)))
def attach_to_version(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    of = inventory.version(actor, reference, asof)
    return _attach(request, actor, asof, actions.Subject(of.urn, of), reference, reverse("version", args=[reference]))


@page(action="evidence.attach", signs=Signs(("evidence.attached",)))
def attach_to_system(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    of = inventory.system(actor, slug, asof)
    return _attach(request, actor, asof, actions.Subject(of.urn, of), of.body["name"], reverse("system", args=[slug]))


@page(action="evidence.attach", signs=Signs(("evidence.attached",)))
def attach_to_dataset(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    of = inventory.dataset_version(actor, reference, asof)
    return _attach(request, actor, asof, actions.Subject(of.urn, of), reference, reverse("dataset", args=[reference]))


def _attach(
    request: HttpRequest, actor: Actor, asof: AsOf, subject: actions.Subject, name: str, back: str
) -> HttpResponse:
    """First the kind, then its fields: two plain pages, so that it works without a script."""
    access.ensure(actor, "evidence.attach", subject.target, asof, named=name)
    listed = [one for one in queries.kinds(asof) if one.slug not in rules.NEVER_STATED]
    chosen = asked(request, "kind")
    crumbs = [{"label": name, "url": back}]
    if chosen not in {one.slug for one in listed}:
        signing.unsigned(request)
        form = KindForm(posted(request), kinds=listed)
        if request.method == "POST" and form.is_valid():
            return redirect(f"{request.path}?kind={form.cleaned_data['kind']}")
        return form_page(
            request, form, title=_("Attach evidence"), submit=_("Continue"), cancel=back, crumbs=crumbs,
            lead=_("About %(name)s. What you attach counts as stated; figures that the server computes itself come from "
                   "“Have evidence computed” of a version, the command line or the API.") % {"name": name},
        )  # fmt: skip
    kind = next(one for one in listed if one.slug == chosen)
    record_form = RecordForm(posted(request), uploaded(request), kind=kind)
    if request.method == "POST" and record_form.is_valid():
        row = attempt(record_form, lambda: _attached(actor, subject, kind, record_form))
        if row is not None:
            messages.success(request, _("%(kind)s is attached.") % {"kind": kind.title})
            return redirect("evidence", urn=row.urn)
    return form_page(
        request, record_form, title=kind.title, submit=_("Attach it"), cancel=back, crumbs=crumbs,
        lead=_("About %(name)s. A record is never changed; a newer one takes its place.") % {"name": name},
    )  # fmt: skip


def _attached(actor: Actor, subject: actions.Subject, kind: rules.KindOf, form: RecordForm) -> Evidence:
    given, files = form.cleaned_data["file"], []
    if given is not None:
        put = content.put_personal if form.cleaned_data["personal"] else content.put_stream
        files.append((given.name, put(given.chunks(), now=now(), limit=form.limit)))
    said = actions.Said(
        kind=kind.slug, method=form.cleaned_data["method"], fields=form.fields_said(), files=files,
        expires_at=day(form.cleaned_data["expires_on"], end=True),
    )  # fmt: skip
    return actions.attach(actor=actor, subject=subject, said=said, now=now())


def _record(
    row: Evidence, subject: Any, kind: str, newer: queries.Current | None, attempts: int, dataset: str, asof: AsOf
) -> Shown:
    body, method = row.body, sentences.word(words.METHODS, row.method)
    label = _subject_label(subject)
    standing = (
        "superseded" if newer is not None and newer.row.position > row.position else evidence_rows.standing(row, asof)
    )
    return {
        "kind": kind,
        "text": _text(kind, label, method, dataset),
        "method": method,
        "dataset": dataset,
        "grade": body["grade"],
        "grade_text": sentences.word(words.GRADES, body["grade"]),
        "standing": standing,
        "producer": people.names([body["producer"]]).get(body["producer"], ""),
        "urn": row.urn,
        "digest": row.digest,
        "position": row.position,
        "attempts": attempts,
        "subject": {"label": label, "url": _subject_url(row.subject, subject)},
        "from_at": row.valid_from,
        "recorded_at": body["produced_at"],
        "expires_at": body["expires_at"],
        "download_url": evidence_rows.download_url(row),
        "replaced_by": {"label": _("Go to the newer one"), "url": reverse("evidence", args=[newer.row.urn])}
        if newer is not None and standing == "superseded" else None,
    }  # fmt: skip


def _text(kind: str, label: str, method: str, dataset: str) -> str:
    said = {"kind": kind, "label": label, "method": method.lower(), "dataset": dataset}
    return (
        _("%(kind)s of %(label)s, %(method)s: %(dataset)s.") % said
        if dataset
        else _("%(kind)s of %(label)s, %(method)s.") % said
    )


def _subject_label(subject: queries.About) -> str:
    if isinstance(subject, inventory.DataVersionOf):
        return data.label(subject)
    return subject.reference if isinstance(subject, inventory.VersionOf) else str(subject.body["name"])


def _subject_url(urn: str, subject: Any) -> str:
    noun = urn.split(":")[3]
    if noun == "system":
        return reverse("system", args=[subject.slug])
    return reverse("version", args=[subject.reference]) if noun == "model-version" else data.url(subject)


def _same_place(one: Evidence, other: Evidence) -> bool:
    return (one.kind, one.subject, one.method, one.dataset) == (other.kind, other.subject, other.method, other.dataset)


def _kind(row: Evidence, asof: AsOf) -> str:
    try:
        return queries.kind(row.kind, asof).title
    except NotFound:
        return words.attribute(row.kind).capitalize()


def _figures(kind: str, fields: dict[str, Any]) -> list[Shown]:
    """Everything of the record that is a figure or a plain value of its own."""
    rows = [
        {"name": words.measure(name), "meaning": words.measure_meaning(name), "figure": value}
        for name, value in fields.items()
        if isinstance(value, dict) and "value" in value
    ]
    plain = [
        {"name": words.measure(name), "meaning": words.measure_meaning(name), "figure": {"value": value}}
        for name, value in fields.items()
        if name in words.MEASURES and isinstance(value, str | int) and not isinstance(value, bool)
    ]
    text = measured.in_words(fields) if kind == "evaluation" else ""
    return [{"title": _("Figures"), "text": text, "rows": rows + plain}] if rows or plain else []


def _plain(request: HttpRequest, actor: Actor, row: Evidence, subject: queries.About, asof: AsOf) -> Shown | None:
    """The figures in words, with what the answers mean for people as it was stated of the subject or of its systems."""
    language = plain.language_of(asked(request, "language"))
    subjects = [row.subject]
    if isinstance(subject, inventory.VersionOf):
        seen = {one.urn for one in inventory.systems(actor, asof)}
        subjects += [urn for urn in subject.model.body["systems"] if urn in seen]
    meaning = queries.wording(subjects, language, asof)
    return plain.of_record(row.body["fields"], queries.units(asof).get(row.kind) or {}, meaning, language)


def _used_by(kind: str, asof: AsOf) -> list[Shown]:
    """Requirements in force whose rule names this kind."""
    return [
        {
            "sentence": answer.in_language(one.title, told_in()),
            "outcome": "",
            "url": reverse("policy", args=[found.slug]) + f"#{one.id}",
        }
        for found in policy.in_force(asof)
        for one in found.loaded.requirements
        if kind in answer.kinds_read([one])
    ]
