"""What the product says, by code: refusals, roles, verdicts, outcomes. Rules return codes; every surface says this.

A test collects the refusal codes of all rules and fails when one has no sentence here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.kit.errors import BadInput, CannotTell, ConsilienceError, NotFound, Refusal, Refused

Words = str | Promise

REFUSALS: dict[str, Words] = {
    # access
    "not_authenticated": _(
        "Log in, or send a token that is known, in date and not withdrawn, of somebody who is active here."
    ),
    "csrf": _("The request did not carry the page's CSRF token, so it may come from another site."),
    "not_entitled": _("You are not entitled to %(action)s here."),
    "not_visible": _("There is no such %(noun)s, or you may not know of it."),
    "outside_token_scope": _("This token may not %(action)s; it is limited to: %(scopes)s."),
    "token_makes_no_token": _("A token makes no token. Log in with your password: on the web, or by `consilience token make`."),
    "token_withdraws_itself": _(
        "A token limited to %(scopes)s can withdraw itself alone. Another one is withdrawn with your password, or with the scope manage."
    ),
    "token_for_another_person": _(
        "People make tokens for themselves. For somebody else only a robot's can be made."
    ),
    "last_administrator": _("This is the last administrator. Name another one first; somebody has to be able to entitle people."),
    # people
    "email_taken": _("Somebody with this e-mail address is here already."),
    "has_administrator": _("This workspace has an administrator already; ask them to invite you."),
    "holds_already": _("This person holds the function %(function)s already."),
    "link_used_or_expired": _("This link was used or has expired. Ask for a new one."),
    # erasing
    "archive_being_made": _("An archive that you asked for is still being made. Wait until it is ready."),
    "erasure.nothing_there": _("There is nothing left of this to erase."),
    "erasure.person_active": _("This person is active here. Deactivate them first; then erase what is kept of them."),
    "erasure.on_hold": _("A legal hold stands against this erasure (%(hold)s). Lift it first, if you may."),
    "erasure.decision_rests_on_it": _(
        "A %(noun)s rests on the file %(file)s…: without it nobody could replay what was decided. It cannot be erased."
    ),
    "erasure.changed_meanwhile": _("This is not the list that would be erased now. Look at it again, then confirm."),
    # restoring
    "epoch_lost_nothing": _("A head over %(size)s entries lies within the %(restored)s that are here: nothing of it is lost."),
    "epoch_declared_already": _("The head over %(size)s entries was declared lost already."),
    # registering
    "name_taken": _("The name “%(name)s” is taken by another %(noun)s. Names are never reused."),
    "name_is_fixed": _("The name “%(name)s” stays: it is never given to something else."),
    "corrected_meanwhile": _(
        "Somebody corrected this %(noun)s meanwhile: version %(version)s of its registration stands now. Look at it, then correct that."
    ),
    "proposed_there": _("%(model)s stays registered for %(systems)s: a release of it is proposed there. Take the proposal back first."),
    "no_human_author": _(
        "No person here is an author of this version. Name one: a robot cannot answer for it. Addresses that nobody here has: %(unknown)s."
    ),
    "model_not_for_system": _("This model is not registered for that system."),
    # live before the gate
    "not_live_before": _("%(version)s was not imported as live before the gate, or the gate let it through since. What is new goes through the gate."),
    "person_decides_waiting": _("That something waits for the gate is decided by a person, never by a robot."),
    "own_work_waits": _("You are an author of %(version)s, or imported it. Somebody else decides whether it may wait."),
    "nothing_waits": _("Nothing is left that you could decide on: no version is without a day, or all are work of your own."),
    # the workspace
    "workspace_begun_already": _("Another `consilience init` is making this workspace at the moment. Run it again when that one has ended."),
    "operator_only": _("This is done on the machine that holds the ledger, by whoever runs it."),
    # witnesses
    "witness_refuses": _("The witness does not cosign this head (%(status)s)."),
    "witness_policy_same": _("This is the witness policy already."),
    # records
    "key_kind_of_holder": _("A key of this kind (%(kind)s) is not for this holder: people sign with passkeys and SSH keys, robots with Ed25519 keys."),
    "key_of_robot": _("A robot's keys are bound by whoever manages people."),
    "key_for_another_person": _("Nobody binds a key to another person. Ask them to add it themselves."),
    "token_makes_no_key": _("A token makes no key. Log in with your password: on the web, or by `consilience key add`."),
    "key_bound_before": _("This key was bound before. A key has one holder for ever, also after it was revoked: make a new one."),
    "key_not_bound": _("%(fingerprint)s is not a key of yours here. Bind it first: consilience key add."),
    "key_of_another": _("This key is somebody else's. They revoke it themselves, or whoever manages people does."),
    "key_too_many": _("There are %(count)s keys already. Revoke one that is no longer used."),
    "key_revoked": _("The key was revoked or its holder deactivated. Nothing was recorded."),
    "signature_expired": _("The signature came too late: it was to be given before %(expires_at)s. Ask for it once more."),
    "signed_otherwise": _("What was signed is no longer what would be recorded: something changed meanwhile. Look at it again and sign once more."),
    "signing_takes_script": _("Signing with a passkey takes a browser that runs scripts. Choose another way here, or sign on the command line."),
    "onetime_not_set_up": _("You have no one-time codes. Set them up on the page of your keys."),
    "onetime_wrong": _("Password or code is wrong, or the code was used already. Wait for the next one."),
    "onetime_locked": _("Too many wrong passwords or codes. Nothing is looked at before %(until)s."),
    "backdated": _("A %(noun)s cannot begin in the past (%(valid_from)s)."),
    "changed_meanwhile": _("Somebody changed this %(noun)s since version %(version)s. Look again, then decide."),
    "clock_behind": _("The machine's clock (%(at)s) is behind the last entry of the ledger (%(last)s). Set it right first."),
    # evidence and releases
    "in_no_facet": _("No function answers for %(kind)s (%(method)s). Evidence that nobody answers for is refused."),
    "not_its_producer": _("Only whoever produced this evidence can take it back."),
    "proposed_already": _("%(release)s is proposed to %(stage)s already."),
    "which_system": _("%(version)s is proposed in several systems: %(systems)s. Say which one."),
    "artefact_not_scorable": _(
        "The server cannot score %(version)s by itself: its artefact is not held here, or is no model written down as data."
    ),
    "data_not_held": _("The server does not hold the rows of %(dataset)s. Upload them, or send states instead."),
    "other_data": _("These counts were made of other bytes (%(seen)s…) than %(dataset)s names."),
    "reference_stands": _(
        "%(version)s has a reference profile (%(digest)s…), and everything later is measured from it. To put another in its place, say why."
    ),
    "reference_is_stored": _(
        "%(version)s has a stored reference profile (%(digest)s…): drift since the training is measured from it. Leave the reference rows out, "
        "or compare two windows (window_against_window)."
    ),
    "reference_missing": _(
        "%(version)s has no stored reference profile. Store one with `consilience profile FILE --reference-for %(version)s --dataset DATA`, "
        "or name the rows to compare with."
    ),
    "other_reference": _(
        "These counts lie on the edges of another reference (%(seen)s…) than the one that is stored for %(version)s (%(digest)s…)."
    ),
    "never_stated": _("A record of the kind %(kind)s is made by counting rows; it cannot be stated."),
    # policies
    "published_already": _("This proposal was published already."),
    "second_person_publishes": _("You proposed this policy. Somebody else publishes it."),
    "policy.people_publish": _(
        "Two people propose and publish a policy or a pack. %(who)s is no person: a robot does what its owner says."
    ),
    "policy.effective_before_publication": _(
        "%(requirement)s of %(policy)s would begin on %(effective_from)s, before it is published. Nobody could have kept it."
    ),
    "policy.change_unnoticed": _(
        "The examples of %(requirement)s in %(policy)s do not prove it: %(count)s changes are open, the first is “%(first)s”. "
        "Add an example that comes out otherwise under each, or declare under `equivalent` why it cannot matter (of language 2)."
    ),
    "policy.too_large_to_prove": _(
        "%(policy)s is too large for every change of it to be tried on its examples. Divide it, or say less in one rule."
    ),
    "policy.scheduled_already": _(
        "Version %(version)s of %(policy)s begins on %(begins)s and would replace this one then. Publish it from that moment on, "
        "or say that it is in force only until version %(version)s begins."
    ),
    "policy.proposal_older": _(
        "Version %(version)s of %(policy)s was published after this was proposed, and this knows nothing of it. Propose it again, "
        "with what that version changed."
    ),
    "policy.pack_adopted_already": _("This text of %(pack)s is in use already, in the same roles."),
    "policy.second_person_adopts": _("You put this pack forward. Somebody else adopts it."),
    "policy.obligation_taken": _(
        "%(pack)s names an obligation %(obligation)s, and so does %(other)s, which is in use. One name means one thing."
    ),
    "policy.nothing_above": _("%(policy)s binds the %(scope)s. There is no requirement %(named)s in a policy above that."),
    "policy.severity_lowered": _("%(requirement)s only warns, and %(above)s, which it tightens, blocks."),
    "policy.applies_to_less": _(
        "%(requirement)s does not apply to the example “%(example)s” of %(above)s, which it tightens. It would ask less."
    ),
    "policy.loosens_above": _(
        "%(requirement)s is satisfied by the example “%(example)s”, which is %(outcome)s under %(above)s. That loosens what it says it tightens."
    ),
    "policy.may_not_be_loosened": _("%(requirement)s does not say that anybody may loosen it, so %(policy)s cannot."),
    "policy.loosened_by_others": _("%(policy)s loosens %(requirement)s. Only somebody who holds one of these functions publishes that: %(functions)s."),
    "policy.name_in_other_scope": _(
        "The name %(policy)s binds the %(scope)s and cannot bind the %(other)s instead. Give the other policy a name of its own."
    ),
    "policy.proposal_taken_back": _("This proposal was taken back."),
    "policy.author_takes_back": _("Somebody else proposed this. Only they can take it back or put another in its place."),
    "policy.replaces_another": _("This is a proposal of %(policy)s. It cannot take the place of one of %(other)s."),
    "policy.answers_elsewhere": _("The comment that this answers belongs to another discussion, or does not exist."),
    "policy.owner_reviews": _("Whether a policy is still right is said by somebody who holds %(function)s, which owns it."),
    "policy.review_in_the_past": _("The next review must lie ahead."),
    "owner_function_publishes": _("One of the two who propose and publish a policy must hold %(function)s, which owns it."),
    # reviews
    "only_people_sign": _("Only people decide. A robot can bring evidence, never a verdict."),
    "function_not_held": _("You do not hold the function %(function)s."),
    "own_work": _("You are an author of this version. Somebody else has to decide about your work."),
    "waiver_nobody": _("%(requirement)s does not say that anybody may set it aside, so nobody may."),
    "waiver_never": _("%(requirement)s says that it is never set aside for a release."),
    "waiver_others": _("%(requirement)s is set aside only by somebody who holds one of these functions: %(functions)s."),
    "waiver_over_already": _("This waiver is over already: it was taken back, or its day came."),
    "waiver_of_another": _("Only whoever granted this waiver, or could have granted it, takes it back."),
    "delegated_to_oneself": _("You decide for yourself anyway. Name somebody else."),
    "delegate_holds_it": _("This person holds the function %(function)s themselves and decides in their own name."),
    "delegation_lapsed": _("Who lent you their voice no longer holds the function %(function)s, so the delegation counts no more."),
    "delegated_by_author": _("Who lent you their voice is an author of this version. Nobody's own work is approved in their name."),
    "one_voice": _("Who lent you their voice has approved for %(function)s themselves. The two of you have one voice."),
    "delegation_ended_already": _("This delegation has ended already."),
    "counts_once": _("Your approval for %(function)s stands. Each person's approval counts once, for one function."),
    "facet_changed": _(
        "What %(function)s answers for has changed since you looked (you saw %(seen)s, it is now %(now)s). Look at it again, then decide."
    ),
    "no_proof_offered": _("Nobody has said yet how this condition was met."),
    "proof_changed": _("Another proof was offered while you were reading. Look at it, then decide."),
    "block_ended_already": _("This block has ended already."),
    "condition_met_already": _("This condition was met and accepted already."),
    "own_condition": _("You own this condition or offered its proof. Somebody else who holds the function accepts it."),
    "own_objection": _("This is your own objection. Another person answers it."),
    "not_on_panel": _("Only its author can withdraw this block; two people of the panel can decide that it ends."),
}  # fmt: skip

ACTIONS: dict[str, Words] = {
    "inventory.read": _("see what is registered"),
    "inventory.register": _("register anything"),
    "inventory.correct": _("correct a registration"),
    "evidence.read": _("see evidence"),
    "evidence.download": _("download files of evidence"),
    "evidence.attach": _("attach evidence"),
    "evidence.compute": _("have evidence computed"),
    "evidence.define": _("define kinds of evidence"),
    "release.read": _("see releases"),
    "release.propose": _("propose a release"),
    "review.read": _("see reviews"),
    "review.sign_off": _("sign off"),
    "review.answer": _("answer an objection"),
    "review.close_condition": _("offer proof of a condition"),
    "gate.read": _("ask the gate"),
    "gate.decide": _("have the gate decide"),
    "gate.grandfather": _("let what was live before wait for the gate"),
    "policy.read": _("see policies"),
    "policy.propose": _("propose a policy"),
    "policy.publish": _("publish a policy"),
    "policy.discuss": _("discuss policies"),
    "policy.adopt_pack": _("adopt packs of obligations"),
    "people.read": _("see people"),
    "people.manage": _("manage people"),
    "access.read": _("see grants and tokens"),
    "access.manage": _("manage grants"),
    "ledger.read": _("read the ledger"),
    "ledger.manage": _("name the witnesses of the ledger"),
    "content.erase": _("erase personal texts and files"),
    "content.hold": _("place and lift legal holds"),
    "predictions.read": _("see batches of predictions"),
    "predictions.log": _("record a batch of predictions"),
    "predictions.prove": _("prove a prediction"),
}

SCOPES: dict[str, Words] = {
    "organisation": _("whole organisation"),
    "line_of_business": _("line of business %(name)s"),
    "system": _("system %(name)s"),
}
ROLES: dict[str, Words] = {
    "administrator": _("Administrator"),
    "engineer": _("Engineer"),
    "reviewer": _("Reviewer"),
    "reader": _("Reader"),
    "auditor": _("Auditor"),
    "pipeline": _("Pipeline"),
    "privacy": _("Data protection"),
}
FUNCTIONS: dict[str, Words] = {
    "engineering": _("Engineering"),
    "product": _("Product"),
    "legal": _("Legal"),
    "ethics": _("Ethics"),
}
VERDICTS: dict[str, Words] = {
    "approve": _("Approve"),
    "approve_with_conditions": _("Approve with conditions"),
    "object": _("Object"),
    "block": _("Block"),
    "abstain": _("Abstain"),
}
STANDINGS: dict[str, Words] = {
    "stands": _("Stands"),
    "stale": _("Stale: what it covers has changed"),
    "expired": _("Expired"),
    "replaced": _("Replaced by a later verdict"),
    "withdrawn": _("Withdrawn"),
}
OUTCOMES: dict[str, Words] = {
    "satisfied": _("Satisfied"),
    "unsatisfied": _("Not satisfied"),
    "no_evidence": _("No evidence"),
    "not_applicable": _("Does not apply"),
    "waived": _("Waived"),
    "forced": _("Forced"),
    "error": _("Error"),
}
GROUNDS: dict[str, Words] = {
    "all_met": _("Every requirement in force is met."),
    "no_requirement": _("No requirement is in force for this stage, so nothing says what would be enough."),
    "unmet": _("Requirements that block are not met."),
    "blocked": _("A block stands."),
    "only_sign_offs": _("Only sign-offs are missing."),
    "open_obligation": _("Every requirement is met, and the law asks for something that none of them answers."),
}
SIGNED_WITH: dict[str, Words] = {
    "passkey_device": _("Signed with a passkey of one device"),
    "passkey_synced": _("Signed with a synced passkey"),
    "ssh_security_key": _("Signed with an SSH key on a security key"),
    "ssh": _("Signed with an SSH key"),
    "robot_key": _("Signed with the key of a robot"),
    "totp": _("Weaker: not signed, known by password and one-time code"),
    "password": _("Weakest: not signed, known by the log-in"),
    "token": _("Weakest: not signed, known by a token"),
    "operator": _("The machine itself"),
}
CONDITIONS: dict[str, Words] = {"open": _("Open"), "met": _("Met"), "overdue": _("Overdue")}
GRADES: dict[str, Words] = {
    "stated": _("Stated"),
    "recomputed_from_states": _("Recomputed from counts"),
    "recomputed_from_data": _("Recomputed from data"),
    "scored_from_artefact": _("Scored from the artefact"),
}
STAGES: dict[str, Words] = {
    "framing": _("Framing"),
    "data": _("Data"),
    "development": _("Development"),
    "validation": _("Validation"),
    "operation": _("Operation"),
    "retirement": _("Retirement"),
}


@dataclass(frozen=True)
class Said:
    """An error as every surface shows it: the code and parameters that a program reads, the sentence for a person."""

    code: str
    sentence: str
    params: dict[str, Any]


def of_refusal(refused: Refusal) -> str:
    """The sentence of a refusal."""
    template = REFUSALS.get(refused.code)
    if template is None:
        return refused.code.replace("_", " ").capitalize()
    return str(template) % {name: _shown(name, value) for name, value in refused.params.items()}


def of_error(error: ConsilienceError) -> Said:
    """Code, sentence and parameters of anything this product raises on purpose."""
    match error:
        case Refused():
            return Said(error.refusal.code, of_refusal(error.refusal), _plain(error.refusal.params))
        case NotFound(what=what, name=name):
            return Said("not_found", _not_found(what, name), {"what": what, "name": name})
        case BadInput(where=where, problem=problem):
            return Said("bad_input", f"{where}: {problem}", {"where": where, "problem": problem})
        case CannotTell():
            return Said("cannot_tell", str(error), {})
        case LedgerUnavailable():
            # The cause is for the log: it may name tables and files.
            return Said("ledger_unavailable", _now("The ledger cannot be written, so nothing was recorded."), {})
    return Said("wrong_use", str(error), {})


def word(words: Mapping[str, Words], code: str) -> str:
    """The word for a code, and for one that nobody listed its plain text."""
    return str(words.get(code, code.replace("_", " ").capitalize()))


def _not_found(what: str, name: str) -> str:
    if what == "workspace":
        return _now("This belongs to the workspace as a whole, and what you are entitled to lies in single systems.")
    if not name:
        return _now("There is no such %(what)s, or you may not know of it.") % {"what": what}
    return _now("There is no %(what)s “%(name)s”, or you may not know of it.") % {"what": what, "name": name}


def _shown(name: str, value: object) -> str:
    if name == "action":
        return str(ACTIONS.get(str(value), value))
    if name in ("scope", "other") and str(value).partition(" ")[0] in SCOPES:
        what, _space, named = str(value).partition(" ")
        return str(SCOPES[what]) % {"name": named}
    if name == "function":
        return str(FUNCTIONS.get(str(value), value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(item) for item in value)
    return str(value)


def _plain(params: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (str, int, list, type(None))) else str(value) for name, value in params.items()
    }
