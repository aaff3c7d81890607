"""Addresses of the pages. What an address may hold is checked here, so that nothing odd reaches a query."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from consilience.surfaces.web import (
    archives,
    backlog,
    card,
    compute,
    correct,
    customers,
    datasets,
    decisions,
    delegations,
    effects,
    erasure,
    evidence,
    health,
    importing,
    inventory,
    keys,
    ledger,
    obligations,
    onetime,
    pack_terms,
    packs,
    people,
    policy,
    policy_life,
    predictions,
    proposals,
    register,
    release,
    review,
    setup,
    signoff,
    standings,
    starter_sets,
    tables,
    templates_of_rules,
    verifier,
    versions,
    waivers,
    what_it_proves,
    witness,
)


class Slug(StringConverter):
    regex = "[a-z0-9-]{1,63}"


class Reference(StringConverter):
    """`credit-risk@3`"""

    regex = "[a-z0-9-]{1,63}@[1-9][0-9]{0,8}"


class ObligationName(StringConverter):
    """An id such as aia-9, or another name such as MEASURE 2.11"""

    regex = "[A-Za-z0-9][A-Za-z0-9 .,()-]{0,62}"


class Urn(StringConverter):
    regex = "urn:consilience:[0-9a-f-]{36}:[a-z][a-z0-9-]{0,31}:[0-9a-f-]{36}"


class Sha256(StringConverter):
    regex = "[0-9a-f]{64}"


class Position:
    regex = "[0-9]{1,9}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class Secret(StringConverter):
    regex = "[A-Za-z0-9_-]{16,64}"


class Stage(StringConverter):
    regex = "framing|data|development|validation|operation|retirement"


for _name, _kind in (
    ("slug", Slug), ("reference", Reference), ("urn", Urn), ("sha256", Sha256), ("position", Position),
    ("secret", Secret), ("stage", Stage), ("obligation", ObligationName),
):  # fmt: skip
    register_converter(_kind, f"our_{_name}")

_RELEASE = "releases/<our_slug:system>/<our_reference:version>/<our_stage:stage>"

urlpatterns: list[URLPattern] = [
    path("", decisions.mine, name="home"),
    path("healthz", health.health, name="health"),
    path("readyz", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
    path("verify", verifier.check, name="verify"),
    path("setup/<our_secret:secret>", setup.link, name="setup"),
    path("systems", inventory.systems, name="systems"),
    path("systems/new", register.system, name="system_new"),
    path("systems/import", importing.import_, name="system_import"),
    path("systems/<our_slug:slug>", inventory.system, name="system"),
    path("systems/<our_slug:slug>/correct", correct.system, name="system_correct"),
    path("systems/<our_slug:slug>/attach", evidence.attach_to_system, name="system_attach"),
    path("systems/<our_slug:slug>/obligations", obligations.coverage, name="system_obligations"),
    path("systems/<our_slug:slug>/obligations.csv", obligations.coverage_csv, name="system_obligations_csv"),
    path("models", versions.models, name="models"),
    path("models/new", register.model, name="model_new"),
    path("models/<our_slug:slug>", versions.model, name="model"),
    path("models/<our_slug:slug>/correct", correct.model, name="model_correct"),
    path("models/<our_slug:slug>/versions/new", register.version, name="version_new"),
    path("versions/<our_reference:reference>", versions.version, name="version"),
    path("versions/<our_reference:reference>/card", card.shown, name="card"),
    path("versions/<our_reference:reference>/attach", evidence.attach_to_version, name="version_attach"),
    path("versions/<our_reference:reference>/compute", compute.of_version, name="version_compute"),
    path("versions/<our_reference:reference>/withdraw", correct.version, name="version_withdraw"),
    path("versions/<our_reference:reference>/propose", release.propose, name="propose"),
    path("datasets", datasets.datasets, name="datasets"),
    path("datasets/new", register.dataset, name="dataset_new"),
    path("datasets/<our_reference:reference>", datasets.dataset, name="dataset"),
    path("datasets/<our_reference:reference>/terms", correct.terms, name="terms_correct"),
    path("datasets/<our_reference:reference>/withdraw", correct.dataset_version, name="dataset_withdraw"),
    path("datasets/<our_reference:reference>/attach", evidence.attach_to_dataset, name="dataset_attach"),
    path("datasets/<our_slug:slug>/correct", correct.dataset, name="dataset_correct"),
    path("datasets/<our_slug:slug>/versions/new", register.dataset_version, name="dataset_version_new"),
    path("evidence/<our_urn:urn>", evidence.record, name="evidence"),
    path("evidence/<our_urn:urn>/files/<our_sha256:digest>", evidence.file, name="evidence_file"),
    path(_RELEASE, release.shown, name="release"),
    path(f"{_RELEASE}/customers", customers.shown, name="customers"),
    path(f"{_RELEASE}/ask", release.ask, name="release_ask"),
    path(f"{_RELEASE}/withdraw", release.withdraw, name="release_withdraw"),
    path(f"{_RELEASE}/sign/<our_slug:function>", signoff.sign, name="sign"),
    path("conditions/<our_urn:urn>/<our_position:index>", review.condition, name="condition"),
    path("objections/<our_urn:urn>/answer", review.answer, name="objection"),
    path("blocks/<our_urn:urn>/end", review.end_block, name="block_end"),
    path("decisions/<our_urn:urn>", decisions.decision, name="decision"),
    path("policies", policy.library, name="policies"),
    path("policies/new", proposals.propose, name="policy_new"),
    path("policies/proposals/<our_urn:urn>", proposals.proposal, name="proposal"),
    path("policies/proposals/<our_urn:urn>/publish", proposals.publish, name="proposal_publish"),
    path("policies/proposals/<our_urn:about>/comment", policy_life.comment, name="proposal_comment"),
    path("policies/proposals/<our_urn:urn>/take-back", policy_life.take_back, name="proposal_take_back"),
    path("policies/<our_slug:slug>", policy.policy, name="policy"),
    path("policies/<our_slug:slug>/compare", policy_life.compare, name="policy_compare"),
    path("policies/<our_slug:slug>/export", policy_life.export, name="policy_export"),
    path("policies/<our_slug:slug>/review", policy_life.review, name="policy_review"),
    path("policies/<our_slug:about>/comment", policy_life.comment, name="policy_comment"),
    path("policies/<our_slug:slug>/tables/<our_slug:table>", tables.shown, name="table"),
    path("policies/<our_slug:slug>/tables/<our_slug:table>/try", tables.tried, name="table_try"),
    path("starter-sets", starter_sets.listing, name="starter_sets"),
    path("starter-sets/<our_slug:name>", starter_sets.one_set, name="starter_set"),
    path("starter-sets/<our_slug:name>/propose", starter_sets.propose_all, name="starter_propose_all"),
    path("starter-sets/<our_slug:name>/<our_slug:policy>/propose", starter_sets.propose, name="starter_propose"),
    path("obligations", obligations.library, name="obligations"),
    path("obligations/changes", obligations.changes, name="obligation_changes"),
    path("obligations/new", packs.propose, name="pack_new"),
    path("obligations/proposals/<our_urn:urn>", packs.proposal, name="pack_proposal"),
    path("obligations/packs/<our_slug:slug>", packs.pack, name="pack"),
    path("obligations/packs/<our_slug:slug>/export", packs.export, name="pack_export"),
    path("obligations/packs/<our_slug:slug>/impact", packs.impact, name="pack_impact"),
    path("obligations/packs/<our_slug:slug>/terms", pack_terms.terms, name="pack_terms"),
    path("obligations/packs/<our_slug:slug>/drop", packs.drop, name="pack_drop"),
    path("obligations/<our_obligation:name>", obligations.obligation, name="obligation"),
    path("requirement-templates", templates_of_rules.listing, name="requirement_templates"),
    path("requirement-templates/<our_slug:template>", templates_of_rules.fill, name="requirement_template"),
    path("requirement-templates/<our_slug:template>/preview", templates_of_rules.preview, name="requirement_preview"),
    path("policies/<our_slug:slug>/effect", effects.effect, name="policy_effect"),
    path("policies/<our_slug:slug>/requirements/<our_slug:requirement>", policy_life.requirement, name="requirement"),
    path("live", standings.live, name="standings"),
    path("live/backlog", backlog.backlog, name="backlog"),
    path("live/backlog/decide", backlog.decide, name="backlog_decide"),
    path("notices", standings.notices, name="notices"),
    path("notices/read", standings.read, name="notices_read"),
    path("predictions", predictions.batches, name="predictions"),
    path("predictions/check", predictions.check, name="prediction_check"),
    path("predictions/<our_urn:urn>", predictions.batch, name="prediction_batch"),
    path("ledger", ledger.entries, name="ledger"),
    path("ledger/what-it-proves", what_it_proves.shown, name="ledger_proves"),
    path("ledger/checkpoint", ledger.checkpoint, name="checkpoint"),
    path("ledger/archives", archives.shown, name="archives"),
    path("ledger/archives/<our_secret:made>", archives.file, name="archive_file"),
    path("ledger/witnesses", witness.witnesses, name="witnesses"),
    path("ledger/witnesses/policy", witness.policy, name="witness_policy"),
    path("ledger/<our_position:position>", ledger.entry, name="ledger_entry"),
    path("ledger/<our_position:position>/statement", ledger.statement, name="ledger_statement"),
    path("ledger/<our_position:position>/proof", ledger.proof, name="ledger_proof"),
    path("erasure", erasure.overview, name="erasure"),
    path("erasure/new", erasure.erase, name="erase"),
    path("erasure/holds/new", erasure.hold, name="hold_new"),
    path("erasure/holds/<our_urn:urn>/lift", erasure.lift, name="hold_lift"),
    path("keys", keys.mine, name="keys"),
    path("keys/passkeys/new", keys.add_passkey, name="key_passkey_new"),
    path("keys/ssh/new", keys.add_ssh, name="key_ssh_new"),
    path("keys/one-time-codes/new", onetime.set_up, name="onetime_new"),
    path("keys/one-time-codes/end", onetime.end, name="onetime_end"),
    path("keys/<our_urn:urn>/revoke", keys.revoke, name="key_revoke"),
    path("waivers", waivers.listing, name="waivers"),
    path("waivers/<our_urn:urn>/withdraw", waivers.withdraw, name="waiver_withdraw"),
    path(f"{_RELEASE}/waive/<our_slug:policy>/<our_slug:requirement>", waivers.waive, name="waive"),
    path("delegations", delegations.listing, name="delegations"),
    path("delegations/new", delegations.delegate, name="delegation_new"),
    path("delegations/<our_urn:urn>/end", delegations.end, name="delegation_end"),
    path("people", people.everybody, name="people"),
    path("people/invite", people.invite, name="invite"),
    path("people/robots/new", people.add_robot, name="robot_new"),
    path("people/tokens/new", people.make_token, name="token_new"),
    path("people/tokens/<our_urn:urn>/withdraw", people.withdraw_token, name="token_withdraw"),
    path("people/grants/<our_urn:urn>/end", people.end_grant, name="grant_end"),
    path("people/<our_urn:urn>", people.somebody, name="person"),
    path("people/<our_urn:urn>/grant", people.grant, name="grant_new"),
    path("people/<our_urn:urn>/hold", people.hold, name="hold"),
    path("people/<our_urn:urn>/functions/<our_slug:function>/end", people.end_holding, name="hold_end"),
    path("people/<our_urn:urn>/state", people.change_state, name="person_state"),
    path("people/<our_urn:urn>/token", people.make_robot_token, name="robot_token_new"),
]
