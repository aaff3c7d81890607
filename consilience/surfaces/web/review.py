"""What a decision leaves behind: proving conditions, answering objections, ending blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.review import actions, queries, rules
from consilience.domains.review.models import Proof
from consilience.kit.clock import now
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces.web import words
from consilience.surfaces.web.shared import attempt, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models.texts import shown as shown_texts

LONG = forms.Textarea(attrs={"rows": 6})


class ProofForm(forms.Form):
    what = forms.CharField(widget=forms.HiddenInput, initial="proof")
    proof = forms.CharField(
        label=gettext_lazy("How was it met?"), max_length=rules.MAX_REASON, widget=LONG,
        help_text=gettext_lazy("Say what was done and where it can be seen. Name no customer."),
    )  # fmt: skip


class AcceptForm(forms.Form):
    """`seen` is the digest of the proof that the page showed."""

    what = forms.CharField(widget=forms.HiddenInput, initial="accept")
    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


class AnswerForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Answer"), max_length=rules.MAX_REASON, widget=LONG)


class EndForm(forms.Form):
    reasons = forms.CharField(label=gettext_lazy("Reasons"), max_length=rules.MAX_REASON, widget=LONG)


@page(action="review.read", signs=Signs(("review.proof_offered", "review.proof_accepted"), texts=("proof",)))
def condition(request: HttpRequest, actor: Actor, asof: AsOf, urn: str, index: int) -> HttpResponse:
    """A condition: its owner says how it was met, and somebody of the function that imposed it accepts that."""
    name = f"{urn}#{index}"
    row, release = queries.guarded(actor, "review.read", urn, asof, what="condition")
    one = next((each for each in queries.said_in_system(row.system, asof).conditions() if each.id == name), None)
    if one is None:
        raise NotFound("condition", name)
    back = _release_url(release, asof)
    form, mode = _condition_form(request, actor, one, release, asof)
    if request.method == "POST" and mode and form.is_valid():
        done = attempt(form, lambda: _done(form, actor, name, mode))
        if done is not None:
            messages.success(request, _("The condition is met; your acceptance is recorded.") if mode == "accept" else
                             _("The proof is recorded. It counts once the function that set the condition accepts it."))  # fmt: skip
            return redirect(back)
        if mode == "accept" and one.proof is not None:
            form.data = request.POST.copy()
            form.data["seen"] = one.proof.digest  # the page now shows this one
    texts = shown_texts([one.text, *([one.proof.body["proof"]] if one.proof else [])])
    title = people.functions(asof).get(row.function, row.function)
    return form_page(
        request, form, cancel=back, **_condition_words(one, texts, mode, title),
        crumbs=[{"label": _("Release"), "url": back}],
    )  # fmt: skip


def _condition_form(
    request: HttpRequest, actor: Actor, one: queries.Condition, release: Release, asof: AsOf
) -> tuple[forms.Form, str]:
    """The form of whoever looks, and what it does: accept, proof, or nothing."""
    if one.state is rules.ConditionState.MET:
        return forms.Form(), ""
    sent = posted(request)
    held = people.functions_of(actor.urn, asof)
    may_accept = one.proof is not None and not rules.may_accept_proof(
        actor.urn, function=one.sign_off.function, held=held, owner=one.owner, offered_by=one.proof.body["offered_by"]
    )
    accepts = sent.get("what") == "accept" if sent is not None else may_accept
    if accepts and one.proof is not None and access.can(actor, "review.sign_off", release, asof) is None:
        return AcceptForm(sent, initial={"seen": one.proof.digest}), "accept"
    if access.can(actor, "review.close_condition", release, asof) is None:
        return ProofForm(sent), "proof"
    return forms.Form(), ""


def _done(form: forms.Form, actor: Actor, condition: str, mode: str) -> Proof:
    said = form.cleaned_data
    if mode == "accept":
        return actions.accept_proof(actor=actor, condition=condition, seen=said["seen"], now=now())
    return actions.offer_proof(actor=actor, condition=condition, proof=said["proof"], now=now())


def _condition_words(one: queries.Condition, texts: dict[str, str], mode: str, function: str) -> dict[str, Any]:
    proof = one.proof.body if one.proof else None
    names = people.names([one.owner, *([proof["offered_by"], proof["accepted_by"] or ""] if proof else [])])
    due = {"function": function, "owner": names.get(one.owner, ""), "due": words.when(one.due_at)}
    notice = None
    if proof:
        said = texts.get(proof["proof"]["commitment"]) or _("The text was erased.")
        head = _("%(name)s says how it was met:") % {"name": names.get(proof["offered_by"], "")}
        notice = {"tone": "info", "icon": "chat", "head": head, "text": said}
    no_right = ""
    if one.state is rules.ConditionState.MET and proof:
        no_right = _("It is met: %(name)s accepted the proof.") % {"name": names.get(proof["accepted_by"], "")}
    elif not mode:
        no_right = _("%(owner)s owns it; somebody of %(function)s accepts the proof.") % due
    return {
        "title": texts.get(one.text["commitment"]) or _("The text was erased."),
        "lead": _("A condition of %(function)s, owned by %(owner)s, due %(due)s.") % due,
        "submit": _("Accept the proof for %(function)s") % due if mode == "accept" else _("Offer this proof"),
        "notice": notice,
        "no_right": no_right,
    }


@page(action="review.answer", signs=Signs(("review.objection_answered",), texts=("text",)))
def answer(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """Answer somebody else's objection in writing."""
    return _reply(
        request, actor, urn, asof, form=AnswerForm(posted(request)), verdict=rules.Verdict.OBJECT,
        act=lambda said: actions.answer(actor=actor, objection=urn, text=said["text"], now=now()),
        said={"title": _("Answer the objection"), "submit": _("Answer the objection"), "done": _("Your answer is recorded.")},
        action="review.answer",
    )  # fmt: skip


@page(action="review.sign_off", signs=Signs(("review.block_ended",), texts=("reasons",)))
def end_block(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """Withdraw one's own block, or say as one of the panel that it should end."""
    return _reply(
        request, actor, urn, asof, form=EndForm(posted(request)), verdict=rules.Verdict.BLOCK,
        act=lambda said: actions.end_block(actor=actor, block=urn, reason=said["reasons"], now=now()),
        said={"title": _("End the block"), "submit": _("Say that this block ends"), "done": _("It is recorded.")},
        action="review.sign_off",
    )  # fmt: skip


def _reply(
    request: HttpRequest,
    actor: Actor,
    urn: str,
    asof: AsOf,
    *,
    form: forms.Form,
    verdict: rules.Verdict,
    act: Callable[[dict[str, Any]], Any],
    said: dict[str, str],
    action: str,
) -> HttpResponse:
    what = "objection" if verdict is rules.Verdict.OBJECT else "block"
    row, release = queries.guarded(actor, "review.read", urn, asof, what=what)
    if row.verdict != verdict:
        raise NotFound(what, urn)
    access.ensure(actor, action, release, asof)
    back = _release_url(release, asof)
    if request.method == "POST" and form.is_valid() and attempt(form, lambda: act(form.cleaned_data)) is not None:
        messages.success(request, said["done"])
        return redirect(back)
    text = shown_texts([row.body["reason"]]).get(row.body["reason"]["commitment"])
    names = people.names([row.person])
    head = _("%(name)s wrote for %(function)s:") % {
        "name": names.get(row.person, ""), "function": people.functions(asof).get(row.function, row.function),
    }  # fmt: skip
    return form_page(
        request, form, title=said["title"], submit=said["submit"], cancel=back,
        crumbs=[{"label": _("Release"), "url": back}],
        notice={"tone": "warn", "icon": "chat", "head": head, "text": text or _("The text was erased.")},
    )  # fmt: skip


def _release_url(release: Release, asof: AsOf) -> str:
    try:
        found = releases.read(release, asof)
    except NotFound:
        return reverse("home")
    return reverse("release", args=[found.system.slug, found.version.reference, release.stage])
