"""Items of a dossier in words: what each is, where it can be read, and what changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.evidence.queries import facet_plan
from consilience.domains.evidence.rules import facets_of
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.release.rules import Change, Item
from consilience.domains.review import queries as review
from consilience.kit.records.models import AsOf
from consilience.surfaces import changes, sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.charts import figures
from consilience.surfaces.web.view_models import data
from consilience.surfaces.web.view_models.gathered import Gathered

Shown = dict[str, Any]
MAX_FIELDS = 3
_HEADLINES = ("roc_auc", "accuracy", "p99_ms", "reproduced", "approved", "title")


class Labels:
    """What to call the items of a release: names of its version, system and data, titles of kinds."""

    def __init__(self, release: ReleaseOf, kinds: Mapping[str, str], visible: frozenset[str] | None) -> None:
        """`visible` are the systems that the reader may know of (None: all): data of others keep their name to themselves."""
        self._kinds, self.visible = kinds, visible
        told = [
            one
            for one in (*release.training, *release.evaluation)
            if visible is None or visible & set(one.dataset.body["systems"])
        ]
        self.data = {one.urn: data.label(one) for one in told}
        self._things = {
            release.version.urn: (release.version.reference, reverse("version", args=[release.version.reference])),
            release.system.urn: (release.system.body["name"], reverse("system", args=[release.system.slug])),
        }
        for one in told:
            self._things[one.urn] = (self.data[one.urn], data.url(one))
        others = {one.urn for one in (*release.training, *release.evaluation)} - self.data.keys()
        self._things.update(dict.fromkeys(others, (_("data of another system"), "")))
        self._evidence = {shown.key: shown.row.urn for shown in release.evidence}

    def of(self, key: str) -> tuple[str, str]:
        """(label, what it is) of an item's key."""
        what, subject, method, dataset = key.split("/")
        thing = self._things.get(subject, ("", ""))[0]
        if not method:
            return thing or _("no longer part of it"), sentences.word(words.NOUNS, what)
        title = self._kinds.get(what, words.attribute(what).capitalize())
        if what == "card_section":
            return f"{title}: {words.attribute(method)}", _("evidence about %(name)s") % {"name": thing}
        said = [sentences.word(words.METHODS, method)]
        if dataset:
            said.append(self._things.get(dataset, (_("other data"), ""))[0])
        return title, _("evidence, %(how)s") % {"how": ", ".join(said)}

    def url(self, key: str) -> str:
        _what, subject, method, _dataset = key.split("/")
        if not method:
            return self._things.get(subject, ("", ""))[1]
        return reverse("evidence", args=[self._evidence[key]]) if key in self._evidence else ""


def dossier(found: Gathered, labels: Labels) -> list[Shown]:
    """Every item with the functions that answer for it."""
    plan = facet_plan(found.asof)
    made = []
    for item in found.release.dossier.items:
        label, noun = labels.of(item.key)
        facets = [found.titles[code] for code in facets_of(item.key, plan) if code in found.titles]
        made.append(
            {"label": label, "noun": noun, "digest": item.digest, "url": labels.url(item.key), "facets": facets}
        )
    return made


def facet_items(items: tuple[Item, ...], changed: list[Change], found: Gathered, labels: Labels) -> list[Shown]:
    """The items that one function decides on, the changed ones marked."""
    differs = {change.key: change for change in changed}
    made = []
    for item in items:
        label, noun = labels.of(item.key)
        change = differs.get(item.key)
        old = change_in_words(change, found.asof, labels)["old"] if change is not None and change.before else ""
        kind = "" if change is None else "changed" if change.before else "new"
        made.append({
            "label": label, "noun": noun, "digest": item.digest, "url": labels.url(item.key),
            "change": kind, "old": old,
        })  # fmt: skip
    return made


def change_in_words(change: Change, asof: AsOf, labels: Labels) -> Shown:
    """An item that changed since somebody decided: what it is, what it said then and says now."""
    label, _noun = labels.of(change.key)
    explained = review.explained(change, asof, labels.visible)
    old, new = said_differently(explained.before, explained.after)
    if not (old or new) or "fields" not in (explained.after or explained.before or {}):
        old, new = _field_by_field(change, asof, labels)
    return {
        "label": label,
        "old": (old or change.before[:12]) if change.before else "",
        "new": (new or change.after[:12]) if change.after else "",
    }


def _field_by_field(change: Change, asof: AsOf, labels: Labels) -> tuple[str, str]:
    """What the first fields that differ said and say, each after its name."""
    differ = changes.fields(change, asof, labels.visible)[:MAX_FIELDS]
    old = [f"{words.attribute(one.field)} {one.before}" for one in differ if one.before]
    new = [f"{words.attribute(one.field)} {one.after}" for one in differ if one.after]
    return "; ".join(old), "; ".join(new)


def said_differently(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, str]:
    """What two records of evidence say in the first field worth naming that differs; else its files; else when each was recorded."""
    then, present = (before or {}).get("fields", {}), (after or {}).get("fields", {})
    for name in (*_HEADLINES, *then, *present):
        one, other = _in_words(name, then.get(name)), _in_words(name, present.get(name))
        if (one or other) and one != other and (one or before is None) and (other or after is None):
            return one, other
    if _files(before) != _files(after):
        return _files(before), _files(after)
    return _recorded(before), _recorded(after)


def _files(body: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{one['name']} ({one['digest'][:12]})" for one in (body or {}).get("files", []))


def _recorded(body: Mapping[str, Any] | None) -> str:
    return _("recorded %(at)s") % {"at": words.when(body["produced_at"])} if body and "produced_at" in body else ""


def _in_words(name: str, value: Any) -> str:
    if isinstance(value, Mapping) and "value" in value:
        shown = figures.read(value)
        return "" if shown.value is None else f"{words.measure(name)} {figures.written(shown.value, decimals=3)}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str | int) and len(str(value)) <= 80:
        return str(value)
    return ""
