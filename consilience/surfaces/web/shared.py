"""What every page shares: the decorator that declares its action and knows its actor, refusals on forms, paging."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django import forms
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from consilience.domains.access.rules import EVERY_ACTION
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor, LedgerUnavailable
from consilience.kit.clock import Instant, now, read_instant
from consilience.kit.errors import BadInput, CannotTell, ConsilienceError, NotEntitled, NotFound, Refused, WrongUse
from consilience.surfaces import sentences
from consilience.surfaces.session import actor_of
from consilience.surfaces.web import signing
from consilience.surfaces.web.signing import Signs

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Label = str | _StrPromise

OWN = "own"
"""The action of pages that show somebody only what is their own; whoever is active may."""
PAGE = 50
log = logging.getLogger("consilience.web")
T = TypeVar("T")
Context = dict[str, Any]


class Page(Protocol):
    """A page as Django calls it; `action` and `signs` are what tests enumerate."""

    action: str
    signs: Signs | None

    def __call__(self, request: HttpRequest, **named: Any) -> HttpResponseBase: ...


def page(*, action: str, signs: Signs | None = None) -> Callable[[Callable[..., HttpResponseBase]], Page]:
    """Declare a page and the action that it takes: `@page(action="release.read")`.

    What `signs` names is one act, which its person may sign with a key, or give password and code for; the page draws
    `{% how_you_sign %}` within its form and `{% read_and_sign %}` behind it.

    The check itself is `can`, asked by the domain of the object. Anonymous people are sent to log in; people who were
    deactivated are logged out; what the domain refuses becomes the page that says so.
    """
    if action != OWN and action not in EVERY_ACTION:
        raise ValueError(f"{action!r} is no action")

    def declare(view: Callable[..., HttpResponseBase]) -> Page:
        def _answer(request: HttpRequest, actor: Actor, named: dict[str, Any]) -> HttpResponseBase:
            asof = ledger.present(now())
            if signs is None:
                return view(request, actor, asof, **named)
            return signing.through(request, actor, asof, signs, named, lambda who: view(request, who, asof, **named))

        @wraps(view)
        def shown(request: HttpRequest, **named: Any) -> HttpResponseBase:
            try:
                actor = actor_of(request)
                if actor is None:
                    return _to_log_in(request)
                request.actor = actor  # type: ignore[attr-defined] # the frame around the page asks again
                with timezone.override(ledger.zone()):
                    response = _answer(request, actor, named)
            except (ConsilienceError, OperationalError) as error:
                response = said_no(request, error)
            response["Cache-Control"] = "no-store"
            return response

        shown.action, shown.signs = action, signs  # type: ignore[attr-defined]
        return shown  # type: ignore[return-value]

    return declare


def said_no(request: HttpRequest, error: Exception) -> HttpResponse:
    """The page for an error that no form has shown. An error that is a bug of ours goes on."""
    match error:
        case NotFound():
            return render(request, "404.html", status=404)
        case NotEntitled():
            return render(request, "403.html", {"reason": sentences.of_error(error).sentence}, status=403)
        case Refused():
            return render(request, "409.html", {"reason": sentences.of_error(error).sentence}, status=409)
        case BadInput():
            return render(request, "400.html", {"reason": sentences.of_error(error).sentence}, status=400)
        case CannotTell():
            return render(request, "409.html", {"reason": sentences.of_error(error).sentence}, status=409)
        case LedgerUnavailable() | OperationalError():
            log.error("%s %s: %s", request.method, request.path, error, exc_info=error)
            # Without the request: what draws on the session would ask the same database again.
            return HttpResponse(render_to_string("503.html"), status=503)
    raise error


def _to_log_in(request: HttpRequest) -> HttpResponse:
    if SESSION_KEY in request.session:  # the backend no longer knows the account, so `request.user` is anonymous
        logout(request)
        return redirect("account_inactive")
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


# Forms


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; None on a page that was only asked for. An empty form that was sent is sent."""
    return request.POST if request.method == "POST" else None


def uploaded(request: HttpRequest) -> MultiValueDict[str, UploadedFile[Any]] | None:
    """The files that a form was sent with."""
    return request.FILES if request.method == "POST" else None


def attempt(form: forms.BaseForm, act: Callable[[], T]) -> T | None:
    """What the act gives; None after its refusal was written on the form, where the person can read it."""
    try:
        return act()
    except NotEntitled:
        raise
    except (Refused, NotFound) as error:  # the page itself was found: what is missing is something that the form names
        form.add_error(None, sentences.of_error(error).sentence)
    except BadInput as error:
        field = error.where.replace("-", "_").replace(" ", "_")
        if field in form.fields and not form.fields[field].widget.is_hidden:
            form.add_error(field, _first_up(error.problem))
        else:
            form.add_error(None, f"{_first_up(error.where)}: {error.problem}")
    except CannotTell as error:
        form.add_error(None, str(error))
    except WrongUse as error:  # fields that each fit and together contradict one another
        form.add_error(None, f"{_first_up(str(error))}.")
    return None


def form_page(
    request: HttpRequest,
    form: forms.BaseForm,
    *,
    title: str,
    submit: str,
    cancel: str,
    lead: str = "",
    crumbs: Sequence[Context] = (),
    notice: Context | None = None,
    no_right: str = "",
    danger: bool = False,
    wait: str = "",
) -> HttpResponse:
    """One form on one page; `wait` is said while a form that takes its time is answered. A form with errors answers 422, so that programs notice what people read."""
    context = {
        "title": title, "lead": lead, "crumbs": crumbs, "form": form, "submit": submit, "cancel_url": cancel,
        "danger": danger, "notice": notice, "no_right": no_right, "wait": wait,
    }  # fmt: skip
    return render(request, "consilience/form.html", context, status=422 if form.errors else 200)


class Nothing(forms.Form):
    """A form of one button."""


def day(text: str | None, *, end: bool = False) -> Instant | None:
    """The instant that a date field means, read in the workspace's zone."""
    return read_instant(text, zone=ledger.zone(), end=end) if text else None


class _DateField(forms.RegexField):
    """The text of a day that the calendar has."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            if text:
                date.fromisoformat(text)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        return text


def date_field(label: Label, *, help_text: Label = "", required: bool = False) -> forms.RegexField:
    """A date as its own text: the domain reads it in the workspace's zone."""
    return _DateField(
        r"^\d{4}-\d{2}-\d{2}$", label=label, help_text=help_text, required=required,
        widget=forms.DateInput(attrs={"type": "date"}), error_messages={"invalid": _("Expected a date such as 2026-11-23.")},
    )  # fmt: skip


def lines(text: str) -> list[str]:
    """The items that somebody wrote one a line, or with commas between them."""
    return [item.strip() for line in text.splitlines() for item in line.split(",") if item.strip()]


# Lists


def asked(request: HttpRequest, name: str) -> str:
    """A parameter of the address, short and without what no text of ours holds."""
    return request.GET.get(name, "").replace("\0", "").strip()[:200]


def filtered(request: HttpRequest) -> Context:
    """The search box of a list."""
    text = asked(request, "text")
    return {"text": text, "active": bool(text), "clear_url": request.path}


def paged(request: HttpRequest, rows: Sequence[T]) -> tuple[Sequence[T], Context]:
    """The page of a list that was asked for, or its last one, and its links."""
    asked_for = asked(request, "page")
    number = int(asked_for) if asked_for.isdecimal() and len(asked_for) < 6 else 1
    number = min(max(number, 1), max(1, ceil(len(rows) / PAGE)))
    start = (number - 1) * PAGE
    chosen = rows[start : start + PAGE]
    text = _("%(first)s to %(last)s of %(all)s") % {
        "first": f"{start + 1:,}", "last": f"{start + len(chosen):,}", "all": f"{len(rows):,}",
    }  # fmt: skip
    return chosen, {
        "text": text,
        "newer": _address(request, number - 1) if number > 1 else "",
        "older": _address(request, number + 1) if start + PAGE < len(rows) else "",
    }


def _address(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
