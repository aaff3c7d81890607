"""Dataset versions as pages name them: a withdrawn one says so, and has no page to go to."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.inventory.queries import DataVersionOf


def label(one: DataVersionOf) -> str:
    return _("%(version)s (withdrawn)") % {"version": one.reference} if one.withdrawn else one.reference


def url(one: DataVersionOf) -> str:
    return "" if one.withdrawn else reverse("dataset", args=[one.reference])
