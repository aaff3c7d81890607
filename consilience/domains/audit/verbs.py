"""What each verb of the log takes: who may do it at all, and which action a grant must carry. Check 6 goes by these tables."""

from __future__ import annotations

from collections.abc import Mapping

OPERATORS = frozenset(
    {"ledger.begun", "people.functions_founded", "people.first_administrator_joined", "evidence.kinds_founded", "evidence.kinds_shipped",
     "ledger.key_rotated", "ledger.key_revoked", "ledger.epoch_declared"}
)  # fmt: skip
"""Verbs of the operator alone."""
OWN: Mapping[str, tuple[str, str]] = {
    "access.token_made": ("principal", "access.manage"),
    "access.token_withdrawn": ("principal", "access.manage"),
    "keys.bound": ("holder", "people.manage"),
    "keys.revoked": ("holder", "people.manage"),
    "review.delegation_ended": ("person", "people.manage"),
}
"""Verbs that everybody may do with what is theirs: the field that says whose it is, and what others need."""
NOBODYS = frozenset({"gate.standing_changed"})
"""The product notes by itself that a standing changed; no grant is asked for."""
WHOLE = frozenset(
    {"people.manage", "access.manage", "ledger.manage", "policy.publish", "policy.propose", "policy.adopt_pack", "evidence.define",
     "policy.discuss", "content.erase", "content.hold"}
)  # fmt: skip
"""Actions on what belongs to the workspace as a whole."""
WHOLE_VERBS = frozenset({"inventory.imported", "inventory.system_registered"})
"""Acts that take a workspace-wide grant though their action does not: until a system exists, nobody is entitled to it."""
NEEDS: Mapping[str, str] = {
    "access.granted": "access.manage",
    "access.grant_ended": "access.manage",
    "content.erased": "content.erase",
    "content.hold_placed": "content.hold",
    "content.hold_lifted": "content.hold",
    "evidence.attached": "evidence.attach",
    "evidence.computed": "evidence.compute",
    "evidence.withdrawn": "evidence.attach",
    "evidence.kind_defined": "evidence.define",
    "gate.decided": "gate.decide",
    "gate.grandfathered": "gate.grandfather",
    "inventory.imported": "inventory.register",
    "inventory.system_registered": "inventory.register",
    "inventory.system_corrected": "inventory.correct",
    "inventory.model_registered": "inventory.register",
    "inventory.model_corrected": "inventory.correct",
    "inventory.version_registered": "inventory.register",
    "inventory.version_withdrawn": "inventory.correct",
    "inventory.dataset_registered": "inventory.register",
    "inventory.dataset_corrected": "inventory.correct",
    "inventory.dataset_version_registered": "inventory.register",
    "inventory.dataset_terms_corrected": "inventory.correct",
    "inventory.dataset_version_withdrawn": "inventory.correct",
    "ledger.witness_policy_set": "ledger.manage",
    "people.invited": "people.manage",
    "people.deactivated": "people.manage",
    "people.reactivated": "people.manage",
    "people.function_held": "people.manage",
    "people.function_ended": "people.manage",
    "people.robot_added": "people.manage",
    "policy.proposed": "policy.propose",
    "policy.published": "policy.publish",
    "policy.commented": "policy.discuss",
    "policy.proposal_taken_back": "policy.propose",
    "policy.reviewed": "policy.publish",
    "policy.pack_proposed": "policy.adopt_pack",
    "policy.pack_adopted": "policy.adopt_pack",
    "policy.pack_dropped": "policy.adopt_pack",
    "predictions.batch_logged": "predictions.log",
    "release.proposed": "release.propose",
    "release.withdrawn": "release.propose",
    "review.signed_off": "review.sign_off",
    "review.proof_offered": "review.close_condition",
    "review.proof_accepted": "review.sign_off",
    "review.delegated": "review.sign_off",
    "review.objection_answered": "review.answer",
    "review.block_ended": "review.sign_off",
    "review.waived": "review.sign_off",
    "review.waiver_withdrawn": "review.sign_off",
    "review.panel_named": "access.manage",
}
"""What each verb takes. One that stands nowhere here cannot be judged, and verification says so."""
