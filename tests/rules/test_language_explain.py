"""Why a rule came out as it did: counterexamples, nearest misses, the values seen with their paths, what was missing."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from consilience.domains.policy.language.explain import Explanation, judge
from consilience.domains.policy.language.expression import State, compile_expression, evaluate
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import BOOL, DOUBLE, INT, STRING, ListType, Schema, StructType
from consilience.kit import canonical
from tests.rules.test_language_oracles import FACTS as MANY_FACTS
from tests.rules.test_language_targets import CASES

FIGURE = StructType("figure", {"value": DOUBLE, "low": DOUBLE})
TEST = StructType(
    "test", {"attribute": STRING, "metric": STRING, "rows": INT, "auc": FIGURE, "ok": BOOL, "tags": ListType(STRING)}
)
SCHEMA = Schema(
    StructType(
        "facts",
        {
            "wanted": ListType(STRING),
            "evidence": StructType("evidence", {"test": ListType(TEST, open=True)}),
            "more": ListType(TEST),
            "n": INT,
        },
    )
)
TESTS: list[dict[str, Any]] = [
    {"attribute": "age", "metric": "tpr", "rows": 500, "auc": {"value": "0.8", "low": "0.75"}, "ok": True},
    {"attribute": "sex", "metric": "fpr", "rows": 900, "auc": {"value": "0.7"}, "ok": False, "tags": ["a", "b"]},
    {"attribute": "sex", "metric": "tpr", "rows": 90, "auc": {"value": "0.6", "low": "0.55"}, "ok": True},
]
DOCUMENT: dict[str, Any] = {"wanted": ["age", "sex"], "evidence": {"test": TESTS}, "more": TESTS[:1], "n": 2}


def told(text: str, document: Any = None) -> Explanation:
    rule = compile_expression(text, SCHEMA, expect=BOOL)
    return judge(rule, bind(DOCUMENT if document is None else document, SCHEMA))[1]


def only_case(trace: Any) -> Any:
    (case,) = trace["cases"]
    return case


def test_a_failed_all_shows_its_counterexamples_where_they_stand() -> None:
    trace = told("evidence.test.all(t, t.rows >= 600)").trace
    assert (trace["result"], trace["over"], trace["items"], trace["failed"]) == ("false", "evidence.test", 3, 2)
    assert [(case["role"], case["position"], case["path"]) for case in trace["cases"]] == [
        ("counterexample", 0, "evidence.test[0]"),
        ("counterexample", 2, "evidence.test[2]"),
    ]
    assert trace["cases"][0]["because"] == {
        "text": "t.rows >= 600",
        "result": "false",
        "step": "fact",
        "seen": [{"text": "t.rows", "path": "evidence.test[0].rows", "value": 500}],
    }


def test_a_long_list_of_counterexamples_is_cut_and_counted() -> None:
    trace = told("evidence.test.all(t, t.rows < 0)", {"evidence": {"test": TESTS * 3}}).trace
    assert (len(trace["cases"]), trace["failed"]) == (3, 9)


def test_a_failed_exists_shows_the_nearest_miss_by_its_keys_first() -> None:
    # The first test fails one comparison, but of the wrong attribute; the last one is what the reader looks for.
    rule = 'evidence.test.exists(t, t.attribute == "sex" && t.metric == "tpr" && t.rows > 400 && t.auc.low > 0.6)'
    explanation = told(rule)
    case = only_case(explanation.trace)
    assert (case["role"], case["path"]) == ("nearest_miss", "evidence.test[2]")
    assert [step["text"] for step in case["because"]["because"]] == ["t.rows > 400", "t.auc.low > 0.6"]
    assert explanation.variables["t"]["rows"] == 90


def test_nested_quantifiers_are_followed_to_the_pair_that_decided() -> None:
    explanation = told('wanted.all(w, evidence.test.exists(t, t.attribute == w && t.metric == "fpr"))')
    outer = only_case(explanation.trace)
    assert (outer["path"], outer["variable"]) == ("wanted[0]", "w")
    inner = only_case(outer["because"])
    assert (inner["role"], inner["path"]) == ("nearest_miss", "evidence.test[0]")
    assert explanation.variables["w"] == "age"


def test_a_satisfied_exists_shows_its_witness_and_a_satisfied_all_an_example() -> None:
    witness = told('evidence.test.exists(t, t.attribute == "sex" && t.rows > 100)')
    assert only_case(witness.trace)["path"] == "evidence.test[1]"
    assert witness.variables["t"]["rows"] == 900
    example = told("evidence.test.all(t, t.rows > 1)")
    assert only_case(example.trace)["role"] == "example"
    assert "t" not in example.variables  # one of three decides nothing
    assert told("more.all(t, t.rows > 1)").variables["t"]["rows"] == 500


def test_exists_one_shows_all_that_held_or_the_nearest_miss() -> None:
    both = told('evidence.test.exists_one(t, t.attribute == "sex")').trace
    assert (both["result"], both["held"], [case["position"] for case in both["cases"]]) == ("false", 2, [1, 2])
    none = told('evidence.test.exists_one(t, t.attribute == "race")').trace
    assert only_case(none)["role"] == "nearest_miss"


def test_an_item_is_found_again_where_it_came_from() -> None:
    paths = {
        'evidence.test.filter(t, t.attribute == "sex").all(f, f.rows > 100)': "evidence.test[2]",
        "(evidence.test + more).filter(t, t.rows == 500).all(f, !f.ok)": "evidence.test[0]",
        "(more + evidence.test).all(f, f.rows > 100)": "evidence.test[2]",
        "evidence.test.map(t, t.auc).all(a, a.value > 0.65)": "evidence.test[2].auc",
        "distinct(evidence.test.map(t, t.attribute)).all(d, d != 'sex')": "evidence.test[1].attribute",
        "(n > 1 ? evidence.test : more).all(f, f.rows > 100)": "evidence.test[2]",
        "[evidence.test[1], evidence.test[2]].all(f, f.rows > 100)": "evidence.test[2]",
        "evidence.test[1].tags.all(f, f == 'a')": "evidence.test[1].tags[1]",
    }
    assert {text: told(text).trace["cases"][0]["path"] for text in paths} == paths


def test_what_was_computed_is_shown_beside_what_it_was_computed_from() -> None:
    rule = told("evidence.test[0].auc.value - 0.1 >= 0.9 * double(n)").trace
    assert (rule["step"], rule["left"], rule["right"]) == ("compare", "0.7000000000000001", "1.8")
    assert [(fact["path"], fact["value"]) for fact in rule["seen"]] == [("evidence.test[0].auc.value", "0.8"), ("n", 2)]


def test_an_unknown_names_the_path_that_is_missing() -> None:
    explanation = told("evidence.test.all(t, t.auc.low > 0.5)")
    assert explanation.reasons == ({"code": "missing", "path": "evidence.test[1].auc.low"},)
    assert only_case(explanation.trace)["because"]["reasons"] == list(explanation.reasons)
    assert told("n > 1 && n < 3", {}).reasons == ({"code": "missing", "path": "n"},)


def test_an_unknown_tells_an_unread_list_from_missing_evidence_from_a_filter_that_leaves_nothing() -> None:
    assert told("more.all(t, t.ok)", {}).reasons == ({"code": "not_read", "path": "more"},)
    assert told("evidence.test.all(t, t.ok)", {}).reasons == ({"code": "missing", "path": "evidence"},)
    nothing: dict[str, Any] = {"evidence": {"test": []}}
    assert told("evidence.test.all(t, t.ok)", nothing).reasons == ({"code": "no_evidence", "path": "evidence.test"},)
    filtered = told("evidence.test.filter(t, t.rows > 9999).all(t2, t2.ok)")
    assert filtered.reasons == ({"code": "none_matching", "path": "evidence.test", "where": "t.rows > 9999"},)
    assert told('"x" in evidence.test.map(t, t.metric)', nothing).reasons[0]["code"] == "no_evidence"
    assert told("min(evidence.test.map(t, t.rows)) > 1", nothing).reasons[0]["path"] == "evidence.test"


def test_only_the_operands_that_share_the_result_are_told() -> None:
    trace = told("n == 2 && n > 5 && more.all(t, t.rows > 900)").trace
    assert [step["text"] for step in trace["because"]] == ["n > 5", "more.all(t, t.rows > 900)"]
    agreed = told("n == 2 && more.all(t, t.rows > 9)").trace
    assert [fact["text"] for fact in agreed["seen"]] == ["n"]
    assert [step["step"] for step in agreed["because"]] == ["all"]


def test_an_error_says_what_failed_and_where() -> None:
    trace = told("n == 3 || more.exists(t, 1 / (t.rows - 500) > 0)").trace
    assert (trace["result"], trace["error"]) == ("error", "division by zero")
    case = only_case(trace["because"][0])
    assert (case["role"], case["path"], case["because"]["error"]) == ("error", "more[0]", "division by zero")


def test_a_choice_tells_its_condition_and_the_branch_that_was_taken() -> None:
    trace = told("n > 5 ? false : more.all(t, t.rows > 9)").trace
    assert [step["result"] for step in trace["because"]] == ["false", "true"]


def test_a_walk_that_was_cut_off_claims_nothing() -> None:
    many = {"more": [{"rows": number} for number in range(1200)], "n": 1}
    trace = told("more.all(a, more.all(b, a.rows + b.rows >= 0))", many).trace
    assert set(trace) == {"text", "result", "error"}


@settings(deadline=None, max_examples=150)
@given(some.sampled_from([case for case in CASES if case.expression.type == BOOL]))
def test_every_trace_is_canonical_deterministic_and_agrees_with_the_answer(case: Any) -> None:
    facts = MANY_FACTS[case.document]
    first, second = judge(case.expression, facts), judge(case.expression, facts)
    answer = evaluate(case.expression, facts)
    expected = {State.UNKNOWN: "unknown", State.ERROR: "error"}.get(answer.state, str(answer.value).lower())
    assert first[0] == answer
    assert first[1].trace["result"] == expected
    assert canonical.encode(first[1].trace) == canonical.encode(second[1].trace)
    assert bool(first[1].reasons) <= (answer.state is not State.VALUE)
    if answer.state is State.UNKNOWN:
        assert first[1].reasons
