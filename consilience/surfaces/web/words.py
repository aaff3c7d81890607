"""What somebody did, in words: a sentence for each verb of the ledger, and names of nouns and measures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from consilience.domains.ledger.rules import Entry
from consilience.kit.clock import Instant, moment
from consilience.surfaces import sentences

Words = str | Promise

ACTS: dict[str, Words] = {
    "access.grant_ended": _("ended a grant"),
    "access.granted": _("granted a role"),
    "access.token_made": _("made a token"),
    "access.token_withdrawn": _("withdrew a token"),
    "evidence.attached": _("attached evidence"),
    "evidence.computed": _("had evidence computed"),
    "evidence.kind_defined": _("defined a kind of evidence"),
    "evidence.kinds_founded": _("set up the kinds of evidence"),
    "evidence.kinds_shipped": _("added the kinds of evidence that a new version brings"),
    "evidence.withdrawn": _("took evidence back"),
    "gate.decided": _("asked the gate"),
    "gate.grandfathered": _("let live versions wait for the gate"),
    "gate.standing_changed": _("looked at a live release again"),
    "inventory.dataset_corrected": _("corrected a dataset"),
    "inventory.dataset_registered": _("registered a dataset"),
    "inventory.dataset_terms_corrected": _("corrected the terms of a dataset"),
    "inventory.dataset_version_registered": _("registered a dataset version"),
    "inventory.dataset_version_withdrawn": _("took a dataset version back"),
    "inventory.imported": _("imported an inventory"),
    "inventory.model_corrected": _("corrected a model"),
    "inventory.model_registered": _("registered a model"),
    "inventory.system_corrected": _("corrected a system"),
    "inventory.system_registered": _("registered a system"),
    "inventory.version_registered": _("registered a model version"),
    "inventory.version_withdrawn": _("took a model version back"),
    "content.erased": _("erased personal data"),
    "content.hold_lifted": _("lifted a legal hold"),
    "content.hold_placed": _("placed a legal hold"),
    "ledger.begun": _("began this record"),
    "ledger.key_revoked": _("ended the key of this record and gave it a new one"),
    "ledger.key_rotated": _("gave this record a new key"),
    "ledger.witness_policy_set": _("named the witnesses of this record"),
    "ledger.epoch_declared": _("restored a backup and declared a new epoch"),
    "people.deactivated": _("deactivated an account"),
    "people.first_administrator_joined": _("set up the first administrator"),
    "people.function_ended": _("ended that somebody acts for a function"),
    "keys.bound": _("bound a key to sign with"),
    "keys.revoked": _("revoked a key"),
    "people.function_held": _("let somebody act for a function"),
    "people.functions_founded": _("set up the functions"),
    "people.invited": _("invited a person"),
    "people.reactivated": _("reactivated an account"),
    "people.robot_added": _("added a robot"),
    "policy.commented": _("commented on a policy"),
    "policy.pack_adopted": _("adopted a pack of obligations"),
    "policy.pack_dropped": _("took a pack of obligations out of use"),
    "policy.pack_proposed": _("put a pack of obligations forward"),
    "policy.proposal_taken_back": _("took a proposed policy back"),
    "policy.proposed": _("proposed a policy"),
    "policy.published": _("published a policy"),
    "predictions.batch_logged": _("logged a batch of predictions"),
    "policy.reviewed": _("found a policy right"),
    "release.proposed": _("proposed a release"),
    "release.withdrawn": _("took a proposal back"),
    "review.block_ended": _("said that a block should end"),
    "review.waived": _("set a requirement aside for a release"),
    "review.waiver_withdrawn": _("took a waiver back"),
    "review.delegated": _("lent somebody their voice for a function"),
    "review.delegation_ended": _("ended a delegation"),
    "review.objection_answered": _("answered an objection"),
    "review.panel_named": _("named the panel for blocks"),
    "review.proof_accepted": _("accepted the proof of a condition"),
    "review.proof_offered": _("offered proof of a condition"),
    "review.signed_off": _("recorded the decision of a function"),
}
SIGNED: dict[str, Words] = {
    "approve": _("approved for %(function)s"),
    "approve_with_conditions": _("approved with conditions for %(function)s"),
    "object": _("objected for %(function)s"),
    "block": _("blocked for %(function)s"),
    "abstain": _("abstained for %(function)s"),
}
AUTHENTICATED: dict[str, Words] = {
    "password": _("password"),
    "token": _("token"),
    "operator": _("the machine itself"),
    "totp": _("password and one-time code"),
    "passkey_device": _("a passkey of one device"),
    "passkey_synced": _("a synced passkey"),
    "ssh": _("an SSH key"),
    "ssh_security_key": _("an SSH key on a security key"),
    "robot_key": _("the key of a robot"),
}
NOUNS: dict[str, Words] = {
    "answer": _("answer to an objection"),
    "block-end": _("end of a block"),
    "dataset": _("dataset"),
    "dataset-version": _("dataset version"),
    "decision": _("decision of the gate"),
    "waiver": _("waiver of a requirement"),
    "delegation": _("delegation of a function"),
    "evidence": _("evidence"),
    "facet-plan": _("who answers for what"),
    "function": _("function"),
    "grandfathering": _("wait for the gate"),
    "grant": _("grant"),
    "holding": _("holding of a function"),
    "kind": _("kind of evidence"),
    "model": _("model"),
    "model-version": _("model version"),
    "obligation-pack": _("pack of obligations"),
    "obligation-pack-proposal": _("proposed pack of obligations"),
    "panel": _("panel"),
    "person": _("person"),
    "policy": _("policy"),
    "prediction-batch": _("batch of predictions"),
    "policy-comment": _("comment on a policy"),
    "policy-proposal": _("proposed policy"),
    "policy-review": _("review of a policy"),
    "proof": _("proof of a condition"),
    "release": _("release"),
    "robot": _("robot"),
    "sign-off": _("decision of a function"),
    "standing": _("standing of a live release"),
    "system": _("system"),
    "token": _("token"),
    "witness-policy": _("witness policy"),
    "workspace": _("workspace"),
}
MEASURES: dict[str, tuple[Words, Words]] = {
    "accuracy": (_("Accuracy"), _("Share of rows predicted right")),
    "precision": (_("Precision"), _("Share of predicted positives that were positive")),
    "recall": (_("Recall"), _("Share of positives that were found")),
    "f1": (_("F1"), _("Harmonic mean of precision and recall")),
    "roc_auc": (_("Area under the curve"), _("How often a positive is ranked above a negative")),
    "brier": (_("Brier score"), _("Mean squared distance of score and outcome; 0 is best")),
    "log_loss": (_("Log loss"), _("Mean surprise at the outcome, in nats; 0 is best")),
    "ece": (_("Calibration error"), _("Mean distance of score and observed rate; 0 is best")),
    "selection_rate": (_("Predicted positive"), _("Share of rows predicted positive")),
    "tpr": (_("True positive rate"), _("Share of positives predicted positive")),
    "fpr": (_("False positive rate"), _("Share of negatives predicted positive")),
    "fnr": (_("False negative rate"), _("Share of positives predicted negative")),
    "tnr": (_("True negative rate"), _("Share of negatives predicted negative")),
    "ppv": (_("Positive predictive value"), _("Share of predicted positives that were positive")),
    "npv": (_("Negative predictive value"), _("Share of predicted negatives that were negative")),
    "mae": (_("Mean absolute error"), _("How far a prediction is off on average, in the label's units")),
    "rmse": (_("Root mean squared error"), _("The same with large errors weighing more, in the label's units")),
    "r2": (_("R² (explained share)"), _("Share of how much labels differ that the predictions explain; 1 is best")),
    "mean_error": (_("Mean error of predictions"), _("Prediction less label on average; above 0 they are too high")),
    "median_absolute_error": (
        _("Median absolute error"),
        _("Half of the predictions are off by no more, in the label's units"),
    ),
    "mape": (_("Mean absolute percentage error"), _("How far a prediction is off as a share of the label, on average")),
    "balanced_accuracy": (
        _("Balanced accuracy"),
        _("Mean share of each class that is found; every class weighs alike"),
    ),
    "macro_precision": (_("Mean precision of the classes"), _("Every class weighs alike")),
    "macro_recall": (_("Mean recall of the classes"), _("Every class weighs alike")),
    "macro_f1": (_("Mean F1 of the classes"), _("Every class weighs alike")),
    "weighted_precision": (_("Weighted precision"), _("Precision of each class, weighted by its rows")),
    "weighted_recall": (_("Weighted recall"), _("Recall of each class, weighted by its rows: the accuracy")),
    "weighted_f1": (_("Weighted F1"), _("F1 of each class, weighted by its rows")),
    "kappa": (_("Cohen's kappa"), _("Agreement beyond chance; 1 is best, 0 is chance")),
    "mcc": (_("Matthews' coefficient"), _("Correlation of label and prediction; 1 is best, 0 is chance")),
    "top_1": (_("Right at the first"), _("Share of rows whose class is the model's first")),
    "top_3": (_("Right among the first 3"), _("Share of rows whose class is among the model's first three")),
    "top_5": (_("Right among the first 5"), _("Share of rows whose class is among the model's first five")),
    "top_10": (_("Right among the first 10"), _("Share of rows whose class is among the model's first ten")),
    "psi": (_("Population stability index"), _("How far shares of the reference's tenths moved; 0 is not at all")),
    "psi_by_value": (_("Stability index by value"), _("The same with common values apart")),
    "jensen_shannon": (_("Jensen-Shannon distance"), _("Distance of the shares, from 0 to 1")),
    "hellinger": (_("Hellinger distance"), _("Distance of the shares, from 0 to 1")),
    "missing_shift": (_("Change of the missing share"), _("Share without a value now, less then")),
    "ks": (_("Kolmogorov-Smirnov distance"), _("Largest difference of the distribution functions")),
    "wasserstein_scaled": (_("Wasserstein distance"), _("How far values moved, in spreads of the reference")),
    "mean_shift": (_("Change of the mean"), _("The mean now, less then")),
    "total_variation": (_("Total variation distance"), _("Largest change in the share of any set of values")),
    "cramers_v": (_("Cramér's V"), _("Strength of the difference, from 0 to 1")),
    "largest_share_shift": (_("Largest change of a share"), _("Of one value, with its sign")),
    "prevalence": (_("Share of positives"), _("Share of rows with a label that are positive")),
    "error": (_("Mean error"), _("Of all rows of the sample")),
    "unseen": (_("Values never seen before"), _("Share of values that the reference never had")),
    "synthetic_area": (
        _("Area, fitted to synthetic rows"),
        _("How often a positive is ranked above a negative, on real rows"),
    ),
    "real_area": (_("Area, fitted to real rows"), _("The same learner, fitted to real rows")),
    "area_change": (_("Change of the area"), _("Fitted to synthetic rows, less to real ones")),
    "closer_to_training": (
        _("Nearer to the training"),
        _("Share nearer to a row they were made from than to one held out; 0.5 gives nothing away"),
    ),
    "copies": (_("Copies"), _("Share that equals a row they were made from")),
    "copies_by_chance": (_("Copies by chance"), _("Share that equals a row that was held out")),
    "membership_area": (_("Guessing who took part"), _("Area of the guess; 0.5 gives nothing away")),
    "membership_found": (
        _("Members found"),
        _("Share of those who took part that is found where 1 in 100 others is taken for one; 0.01 gives nothing away"),
    ),
    "p50_ms": (_("Median latency"), _("Half of the answers came within it, in milliseconds")),
    "p99_ms": (_("99th percentile of latency"), _("99 of 100 answers came within it, in milliseconds")),
}
NAMED_AFTER = ("Brier", "Cohen", "Cramér", "F1", "R²", "Matthews", "Hellinger", "Jensen", "Kolmogorov", "Wasserstein")
"""Names that keep their capital within a sentence."""
GRADES: dict[str, Words] = {
    "stated": _("Somebody states it. The server checked the form, not the content."),
    "recomputed_from_states": _(
        "The server calculated the figures again from counts that were made where the data lie. It did not see the rows."
    ),
    "recomputed_from_data": _(
        "The server counted the rows itself and calculated the figures. It did not score the model itself."
    ),
    "scored_from_artefact": _(
        "The server scored exactly this artefact on the rows itself, and calculated the figures from that."
    ),
}
METHODS: dict[str, Words] = {
    "holdout": _("on data kept apart"),
    "out_of_time": _("on a later period"),
    "cross_validation": _("cross-validation"),
    "operation": _("in operation"),
    "training_against_now": _("the training rows against those of now"),
    "window_against_window": _("one period against another"),
    "recorded": _("recorded by the run"),
    "retrained": _("trained again"),
    "single_process": _("one process"),
    "cluster": _("on a cluster"),
    "agreed": _("agreed"),
    "contract": _("held to a contract"),
    "learned": _("learned once from its rows"),
    "counted": _("counted"),
    "population": _("held against a population"),
    "held_out": _("held against real rows"),
    "document": _("document"),
    "english": _("in English"),
    "intended_use": _("intended use"),
    "out_of_scope_use": _("out-of-scope use"),
    "trade_offs": _("trade-offs"),
    "german": _("in German"),
}
FIELD_WORDS: dict[tuple[str, str], tuple[Words, Words]] = {
    ("outcome_wording", "people"): (
        _("Who is judged"),
        _("In the plural, such as: applicants. In German: Antragstellende."),
    ),
    ("outcome_wording", "positive"): (
        _("What is true of those whom it looks for"),
        _("It follows “who”, such as: would not repay. In German it follows “die”: nicht zurückzahlen würden."),
    ),
    ("outcome_wording", "negative"): (
        _("What is true of the others"),
        _("Such as: would repay. In German: zurückzahlen würden."),
    ),
    ("outcome_wording", "flagged"): (
        _("What happens to those whom the model flags"),
        _("Such as: are refused. In German: abgelehnt werden."),
    ),
    ("outcome_wording", "passed"): (
        _("What happens to the others"),
        _("Such as: are accepted. In German: angenommen werden."),
    ),
    ("outcome_wording", "groups"): (
        _("What groups are called"),
        _(
            'As JSON, such as [{"attribute": "age", "group": "65+", "words": "over 65"}]. Leave it empty to show them by their keys.'
        ),
    ),
}
"""Fields of a form whose name says too little: by kind and field, the label and what to write."""
TEMPLATE_GROUPS: dict[str, Words] = {
    "fairness": _("Fairness"),
    "performance": _("Performance and calibration"),
    "data": _("Data"),
    "documents": _("Documents and reviews"),
    "process": _("Process and people"),
    "operation": _("Operation"),
}
USES: dict[str, Words] = {
    "credit_scoring": _("Credit scoring"),
    "fraud_detection": _("Fraud detection"),
    "insurance_pricing": _("Insurance: risk and pricing"),
    "marketing": _("Marketing"),
    "hiring": _("Hiring"),
    "workforce_management": _("Managing people at work"),
    "education": _("Education"),
    "health_triage": _("Health: triage"),
    "essential_services": _("Public services and benefits"),
    "critical_infrastructure": _("Critical infrastructure"),
    "biometrics": _("Biometrics"),
    "law_enforcement": _("Law enforcement"),
    "migration": _("Migration and borders"),
    "justice": _("Justice and elections"),
    "generative_assistant": _("Generative assistant"),
    "internal_tool": _("Internal tool"),
    "other": _("Something else"),
}
AUTONOMY: dict[str, Words] = {
    "informs": _("It informs: one fact among others"),
    "recommends": _("It recommends: a person makes every decision"),
    "decides_with_review": _("It decides: a person may overrule it"),
    "decides_alone": _("It decides alone"),
}
DATA_CATEGORIES: dict[str, Words] = {
    "personal": _("Personal data"),
    "special_category": _("Special categories (GDPR art. 9)"),
    "children": _("Data of children"),
    "financial": _("Financial data"),
    "health": _("Health data"),
    "biometric": _("Biometric data"),
    "location": _("Where people are"),
    "behaviour": _("What people do"),
    "public": _("Published data"),
    "synthetic": _("Synthetic data"),
    "not_personal": _("No data about people"),
}
LAWFUL_BASES: dict[str, Words] = {
    "consent": _("Consent"),
    "contract": _("Contract"),
    "legal_obligation": _("Legal obligation"),
    "vital_interests": _("Vital interests"),
    "public_task": _("Public task"),
    "legitimate_interests": _("Legitimate interests"),
    "public_licence": _("Published under a licence"),
    "not_personal": _("Describes no person"),
}


def act(entry: Entry, *, here: bool = False) -> str:
    """What an entry's actor did, to be read behind their name; `here` where the page says about which release."""
    said = entry.predicate
    about = "" if here or "release" not in said else _about(said)
    match entry.verb:
        case "review.signed_off":
            return _decided(said) + about
        case "gate.decided":
            return (
                _now("asked the gate and was told yes") if said["allowed"] else _now("asked the gate and was told no")
            ) + about
        case "release.proposed":
            what = {"version": said["version"], "system": said["system"], "stage": _stage(said)}
            return _now("proposed %(version)s in %(system)s for %(stage)s") % what
        case "inventory.version_registered":
            return _now("registered %(name)s") % {"name": f"{said['model']}@{said['number']}"}
        case "inventory.dataset_version_registered":
            return _now("registered %(name)s") % {"name": f"{said['dataset']}@{said['number']}"}
        case "policy.proposed":
            return _now("proposed the policy %(name)s") % {"name": said["policy"]}
        case "policy.published":
            return _now("published the policy %(name)s") % {"name": said["policy"]}
        case "policy.pack_adopted":
            return _now("adopted the obligations of %(name)s") % {"name": said["pack"]}
        case "policy.pack_dropped":
            return _now("took the obligations of %(name)s out of use") % {"name": said["pack"]}
        case "evidence.computed":
            return _now("had evidence computed: %(grade)s") % {"grade": _grade(said)}
    return sentences.word(ACTS, entry.verb)


def _decided(said: Mapping[str, Any]) -> str:
    function = sentences.word(sentences.FUNCTIONS, said["function"])
    return str(SIGNED[said["verdict"]]) % {"function": function}


def _about(said: Mapping[str, Any]) -> str:
    return ": " + _now("%(release)s to %(stage)s") % {"release": said["release"], "stage": _stage(said)}


def _stage(said: Mapping[str, Any]) -> str:
    return sentences.word(sentences.STAGES, said["stage"]).lower()


def _grade(said: Mapping[str, Any]) -> str:
    return sentences.word(sentences.GRADES, said["grade"]).lower()


def measure(code: str) -> str:
    """The name of a measure."""
    return str(MEASURES[code][0]) if code in MEASURES else code.replace("_", " ").capitalize()


def measure_within(code: str) -> str:
    """The name of a measure within a sentence: "recall", but "Brier score"."""
    name = measure(code)
    return name if name.startswith(NAMED_AFTER) else name[:1].lower() + name[1:]


def measure_meaning(code: str) -> str:
    return str(MEASURES[code][1]) if code in MEASURES else ""


def when(at: Instant) -> str:
    """A moment in running text, in the workspace's zone."""
    return date_format(timezone.localtime(moment(at)), "j M Y, H:i")


def last_day(until: Instant) -> str:
    """The last day, such as 2026-11-23, of what ends with an instant; every interval is half-open."""
    return timezone.localtime(moment(until) - timedelta(microseconds=1)).date().isoformat()


def and_list(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return _now("%(first)s and %(last)s") % {"first": ", ".join(items[:-1]), "last": items[-1]}


def attribute(name: str) -> str:
    """A column's name as people say it."""
    return name.replace("_", " ")
