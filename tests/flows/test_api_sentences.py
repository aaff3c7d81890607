"""Every code that a rule can return has its sentence, and every word its translation-ready text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import consilience
from consilience.domains.access.rules import EVERY_ACTION, Role
from consilience.domains.evidence.rules import Grade
from consilience.domains.gate.rules import Ground
from consilience.domains.gate.standing_queries import BY_LAW
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.domains.people.rules import FUNCTIONS
from consilience.domains.policy.outcome import Code
from consilience.domains.release.rules import Stage
from consilience.domains.review.rules import ConditionState, Standing, Verdict
from consilience.kit.errors import BadInput, CannotTell, NotFound, Refused, refusal
from consilience.surfaces import sentences

PACKAGE = Path(consilience.__file__).parent


def refusals() -> Iterator[tuple[str, str, set[str]]]:
    """(where, code, names of parameters) of every `refusal("code", name=...)` in the product."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "refusal":
                where = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                if isinstance(node.args[0], ast.Constant):
                    yield where, str(node.args[0].value), {str(one.arg) for one in node.keywords}
                else:
                    assert path.name == "answers.py", f"{where} makes a refusal whose code nobody can collect"


def test_every_refusal_has_a_sentence_that_its_parameters_fill() -> None:
    found = list(refusals())
    assert len(found) > 30
    for where, code, given in found:
        assert code in sentences.REFUSALS, f"{where}: no sentence for {code}"
        wanted = set(re.findall(r"%\((\w+)\)s", str(sentences.REFUSALS[code])))
        assert wanted <= given, f"{where}: the sentence of {code} asks for {wanted - given}"


def test_no_sentence_stands_for_a_code_that_nothing_returns() -> None:
    assert sentences.REFUSALS.keys() - {code for _, code, _ in refusals()} == set()


def test_every_word_of_a_closed_list_is_there() -> None:
    for words, codes in [
        (sentences.ACTIONS, EVERY_ACTION), (sentences.ROLES, Role), (sentences.FUNCTIONS, FUNCTIONS),
        (sentences.VERDICTS, Verdict), (sentences.STANDINGS, Standing), (sentences.OUTCOMES, Code),
        (sentences.GROUNDS, [*Ground, BY_LAW]), (sentences.CONDITIONS, ConditionState), (sentences.GRADES, Grade),
        (sentences.STAGES, Stage),
    ]:  # fmt: skip
        assert set(words) == {str(code) for code in codes}


def test_an_error_is_said_with_its_code_and_its_parameters() -> None:
    said = sentences.of_error(Refused(refusal("function_not_held", function="legal")))
    assert (said.code, said.sentence, said.params) == (
        "function_not_held", "You do not hold the function Legal.", {"function": "legal"},
    )  # fmt: skip
    scoped = sentences.of_error(Refused(refusal("outside_token_scope", action="review.sign_off", scopes=["read"])))
    assert scoped.sentence == "This token may not sign off; it is limited to: read."
    assert sentences.of_error(NotFound("system", "lending")).params == {"what": "system", "name": "lending"}
    assert sentences.of_error(BadInput("days", "too many")).sentence == "days: too many"
    assert sentences.of_error(CannotTell("The content is gone.")).code == "cannot_tell"


def test_what_the_database_said_is_not_told() -> None:
    said = sentences.of_error(LedgerUnavailable("no such table: ledger_head in /srv/consilience.sqlite3"))
    assert said.code == "ledger_unavailable"
    assert "ledger_head" not in said.sentence
