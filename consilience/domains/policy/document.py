"""Policy documents: the YAML that somebody writes, and the compiled policy that it becomes.

A draft (`load`) must pass every load rule. A published text (`load_published`) loads for ever under the language that it
names and the fact schema that was stored with it: its rules were kept when it was published and are not asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files

from consilience.domains.policy.costs import check_cost, read_sizes
from consilience.domains.policy.examples import check_examples, written_facts
from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.language.errors import PolicyError, hint
from consilience.domains.policy.language.expression import LANGUAGES, Expression, compile_expression, join_conditions
from consilience.domains.policy.language.names import NOTHING
from consilience.domains.policy.language.types import BOOL, Schema, Type
from consilience.domains.policy.named import read_vocabulary
from consilience.domains.policy.outcome import Code, Severity
from consilience.domains.policy.requirement import (
    SENTENCED,
    Effective,
    Example,
    FromTemplate,
    Policy,
    Requirement,
    WaiverTerms,
)
from consilience.domains.policy.scope import ORGANISATION
from consilience.domains.policy.scoped import read_loosens, read_scope, read_tightens
from consilience.domains.policy.sentences import Template, compile_template
from consilience.domains.policy.tables.columns import rest_on_the_system
from consilience.domains.policy.tables.document import ensure_whole, read_tables
from consilience.domains.policy.tables.table import Table
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant, read_instant
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Path, read_yaml

_POLICY = ("policy", "title", "owner", "language", "requirements")
_SINCE_2 = ("applies_if", "constants", "definitions", "sizes", "tables", "scope", "loosens", "review_by")
_REQUIREMENT_SINCE_2 = ("equivalent", "from_template", "tightens", "may_be_loosened_by", "waiver")
MOST_DAYS = 366
"""As long as a waiver may run at a time, in days."""
_REQUIREMENT = (
    *("id", "title", "why", "owner", "severity", "satisfied_if"),
    *("obligations", "source", "sentences", "examples"),
)


def load(
    text: str,
    *,
    schema: Schema,
    functions: Collection[str],
    zone: str = "UTC",
    obligations: Collection[str] | None = None,
    name: str = "policy",
) -> Policy:
    """The policy that a YAML text means, after every load rule.

    `functions` are those that may own a requirement; `obligations`, if given, the ids that exist; `zone` is where a bare
    effective date is read. BadInput names the line; PolicyError also the place inside the expression.
    """
    written, lines = read_yaml(text, name)
    source = Source(name, lines)
    policy = _Builder(schema, source, zone).policy(written)
    _owned(policy, functions, source)
    for at, table in enumerate(policy.tables):
        ensure_whole(table, source.at(("tables", at), f"table {table.name}"))
    for at, requirement in enumerate(policy.requirements):
        path = ("requirements", at)
        for obligation in requirement.obligations:
            if obligations is not None and obligation not in obligations:
                raise BadInput(
                    source.at((*path, "obligations"), requirement.id),
                    f"obligation {obligation!r} is unknown{hint(obligation, obligations)}",
                )
        if policy.language > 1:
            check_cost(requirement, policy.sizes, source.at(path, f"requirement {requirement.id}"))
        what, listed = f"requirement {requirement.id}", (*path, "examples")
        places = [source.at((*listed, nth), what) for nth in range(len(requirement.examples))]
        check_examples(requirement, source.at(listed, what), places)
    return policy


def load_published(
    text: str, *, schema: Schema, functions: Collection[str] = (), zone: str = "UTC", name: str = "published policy"
) -> Policy:
    """The policy of a text that was published, under the schema, functions and zone that were stored with it."""
    written, lines = read_yaml(text, name)
    source = Source(name, lines)
    policy = _Builder(schema, source, zone).policy(written)
    if functions:
        _owned(policy, functions, source)
    return policy


def starter_texts() -> dict[str, str]:
    """The policies that a workspace may begin with: file name -> YAML."""
    folder = files("consilience.domains.policy").joinpath("starter")
    named = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml"))
    return {name: folder.joinpath(name).read_text(encoding="utf-8") for name in named}


class _Builder:
    """Compiles a body, part by part."""

    def __init__(self, schema: Schema, source: Source, zone: str) -> None:
        self.schema = schema
        self.source = source
        self.zone = zone
        self.language = 1
        self.vocabulary = NOTHING
        self.applies: Expression | None = None
        self.sizes: dict[str, int] = {}
        self.scope = ORGANISATION

    def policy(self, body: Json) -> Policy:
        fields = self.fields(body)
        slug = fields.slug("policy")
        language = fields.integer("language")
        if language not in LANGUAGES:
            read = " and ".join(map(str, LANGUAGES))
            raise fields.bad("language", f"version {language} is unknown; this product reads {read}")
        title, owner = fields.words("title"), fields.text("owner")
        self.language = language
        if language > 1:
            self.vocabulary = read_vocabulary(fields, self.schema, self.zone)
            self.sizes = read_sizes(fields, self.schema)
            self.scope = read_scope(fields)
            self.applies = self.rule(fields, "applies_if") if fields.value.get("applies_if") is not None else None
        listed, tables = fields.items("requirements"), self.tables(fields)
        if not listed and not tables:
            raise fields.bad("requirements", "must hold at least one requirement")
        requirements = tuple(self.requirement(slug, item, ("requirements", at)) for at, item in enumerate(listed))
        ids = [requirement.id for requirement in requirements]
        for at, name in enumerate(ids):
            if name in ids[:at]:
                raise BadInput(self.source.at(("requirements", at), "policy"), f"two requirements have the id {name!r}")
        return Policy(
            slug, title, owner, language, requirements, self.schema, self.vocabulary, self.applies, tables, self.sizes,
            scope=self.scope, loosens=read_loosens(fields, self.scope, ids), review_by=self.review_by(fields),
        )  # fmt: skip

    def fields(self, body: Json) -> Fields:
        """The document's keys: those that its language has."""
        newer = isinstance(body, Mapping) and body.get("language") != 1
        if not newer and isinstance(body, Mapping):
            for key in _SINCE_2:
                if key in body:
                    problem = f"key {key!r} belongs to language 2; this document says language: 1"
                    raise BadInput(self.source.at((key,), "policy"), problem)
        return Fields(body, (), self.source, what="policy", required=_POLICY, optional=_SINCE_2 if newer else ())

    def tables(self, fields: Fields) -> tuple[Table, ...]:
        """The decision tables; whether they are whole is asked of drafts only."""
        if fields.value.get("tables") is None:
            return ()
        tables = read_tables(fields.value["tables"], ("tables",), self.source, self.compiled)
        if not self.scope.whole and any(table.decides for table in tables):
            raise fields.bad("tables", "what a tier is, the whole organisation says: this policy binds a part of it")
        if self.applies is not None and any(table.decides for table in tables):
            rest_on_the_system(self.applies, fields, "applies_if")
        return tables

    def compiled(self, text: str) -> Expression:
        return compile_expression(text, self.schema, vocabulary=self.vocabulary)

    def requirement(self, policy: str, value: Json, path: Path) -> Requirement:
        named = value.get("id") if isinstance(value, Mapping) else None
        what = f"requirement {named}" if isinstance(named, str) else f"requirement {path[-1]}"
        since_2 = _REQUIREMENT_SINCE_2 if self.language > 1 else ()
        optional = ("applies_if", "effective", *since_2)
        fields = Fields(value, path, self.source, what=what, required=_REQUIREMENT, optional=optional)
        own = self.rule(fields, "applies_if") if fields.value.get("applies_if") is not None else None
        applies = self.applicability(own)
        satisfied = self.rule(fields, "satisfied_if")
        variables = {**(applies.variables if applies else {}), **satisfied.variables}
        return Requirement(
            policy=policy,
            id=fields.slug("id"),
            title=fields.words("title"),
            why=fields.words("why"),
            owner=fields.text("owner"),
            severity=Severity(fields.one_of("severity", [one.value for one in Severity])),
            applies_if=applies,
            satisfied_if=satisfied,
            obligations=fields.texts("obligations"),
            source=fields.text("source"),
            effective=self.effective(fields),
            sentences=self.sentences(fields, variables),
            examples=self.examples(fields),
            from_template=self.from_template(fields),
            own_applies_if=own,
            equivalent=self.equivalent(fields),
            scope=self.scope,
            tightens=read_tightens(fields, self.scope),
            may_be_loosened_by=fields.texts("may_be_loosened_by") if fields.value.get("may_be_loosened_by") else (),
            waiver=self.waiver(fields),
        )

    def waiver(self, fields: Fields) -> WaiverTerms | None:
        """Who may set the requirement aside for a release, or `never`."""
        said = fields.value.get("waiver")
        if said is None or said == "never":
            return None if said is None else WaiverTerms(never=True)
        what = f"{fields.what}, waiver"
        part = Fields(said, (*fields.path, "waiver"), self.source, what=what, required=("by", "days"))
        by, days = part.texts("by"), part.integer("days")
        if not by:
            raise part.bad("by", "must name at least one function; where nobody may ever, write waiver: never")
        if not 1 <= days <= MOST_DAYS:
            raise part.bad("days", f"must be 1 to {MOST_DAYS}")
        return WaiverTerms(by, days)

    def review_by(self, fields: Fields) -> Instant | None:
        """The day by which somebody must look at the policy again; the whole day counts."""
        if fields.value.get("review_by") is None:
            return None
        try:
            return read_instant(fields.text("review_by"), zone=self.zone, end=True)
        except BadInput as error:
            raise fields.bad("review_by", error.problem) from error

    def equivalent(self, fields: Fields) -> dict[str, str]:
        """The changes that the author declares to make no difference, with the reason of each."""
        if fields.value.get("equivalent") is None:
            return {}
        made: dict[str, str] = {}
        for at, value in enumerate(fields.items("equivalent")):
            path = (*fields.path, "equivalent", at)
            part = Fields(value, path, self.source, what=f"{fields.what}, equivalent", required=("mutant", "why"))
            if part.text("mutant") in made:
                raise part.bad("mutant", f"{part.text('mutant')!r} is declared twice")
            made[part.text("mutant")] = part.text("why")
        return made

    def from_template(self, fields: Fields) -> FromTemplate | None:
        """Which template was filled in with what; the rule itself stands in the document."""
        if fields.value.get("from_template") is None:
            return None
        path = (*fields.path, "from_template")
        what = f"{fields.what}, from_template"
        part = Fields(fields.value["from_template"], path, self.source, what=what, required=("id", "version", "values"))
        if not isinstance(part.value["values"], Mapping):
            raise part.bad("values", "must be a mapping of blanks to what was filled in")
        return FromTemplate(part.slug("id"), part.integer("version"), part.value["values"])

    def applicability(self, own: Expression | None) -> Expression | None:
        """When a requirement applies: where both its own condition and the policy's hold."""
        if own is None or self.applies is None:
            return own or self.applies
        return join_conditions([self.applies.text, own.text], self.schema, self.vocabulary)

    def rule(self, fields: Fields, key: str) -> Expression:
        try:
            return compile_expression(fields.text(key), self.schema, expect=BOOL, vocabulary=self.vocabulary)
        except PolicyError as error:
            raise error.within(self.source.at((*fields.path, key), f"{fields.what}, {key}")) from None

    def sentences(self, fields: Fields, variables: Mapping[str, Type | None]) -> dict[str, dict[Code, Template]]:
        made: dict[str, dict[Code, Template]] = {}
        for language, value in fields.by_language("sentences").items():
            path = (*fields.path, "sentences", language)
            what = f"{fields.what}, sentences in {language}"
            part = Fields(value, path, self.source, what=what, required=[code.value for code in SENTENCED])
            made[language] = {}
            for code in SENTENCED:
                try:
                    made[language][code] = self.sentence(part.text(code.value), variables)
                except PolicyError as error:
                    raise error.within(self.source.at((*path, code.value), f"{what}, {code.value}")) from None
        return made

    def sentence(self, text: str, variables: Mapping[str, Type | None]) -> Template:
        return compile_template(text, self.schema, variables, self.vocabulary)

    def examples(self, fields: Fields) -> tuple[Example, ...]:
        made: list[Example] = []
        for at, value in enumerate(fields.items("examples")):
            path = (*fields.path, "examples", at)
            part = Fields(
                value, path, self.source, what=f"{fields.what}, example", required=("name", "facts", "expect")
            )
            expect = Code(part.one_of("expect", [code.value for code in SENTENCED]))
            made.append(Example(part.text("name"), written_facts(part.value["facts"], self.schema.root), expect))
        return tuple(made)

    def effective(self, fields: Fields) -> Effective:
        value = fields.value.get("effective")
        if value is None:
            return Effective()
        path = (*fields.path, "effective")
        what = f"{fields.what}, effective"
        part = Fields(value, path, self.source, what=what, required=(), optional=("from", "until"))
        start, until = self.moment(part, "from"), self.moment(part, "until")
        if start is not None and until is not None and until <= start:
            raise part.bad("until", "must lie after 'from'")
        return Effective(start, until)

    def moment(self, part: Fields, key: str) -> Instant | None:
        """An end of the effective dates; a bare date as `until` ends with that day."""
        if part.value.get(key) is None:
            return None
        try:
            return read_instant(part.text(key), zone=self.zone, end=key == "until")
        except BadInput as error:
            raise part.bad(key, error.problem) from error


def _owned(policy: Policy, functions: Collection[str], source: Source) -> None:
    """Every owner is a function that governs here."""
    owners: list[tuple[Path, str]] = [(("owner",), policy.owner)]
    for at, one in enumerate(policy.requirements):
        owners.append((("requirements", at, "owner"), one.owner))
        owners += [(("requirements", at, "may_be_loosened_by"), function) for function in one.may_be_loosened_by]
        owners += [(("requirements", at, "waiver"), function) for function in (one.waiver.by if one.waiver else ())]
    for path, owner in owners:
        if owner not in functions:
            raise BadInput(
                source.at(path, "owner"),
                f"{owner!r} is not one of {', '.join(sorted(functions))}{hint(owner, functions)}",
            )
