"""The comparison with two foreign CEL engines over many seeds: `pytest tests/soak/test_language_oracles_long.py`.

CONSILIENCE_SOAK_SEEDS says how many (11 by default: more than 20,000 cases, half of them of language 2; a few minutes).
"""

from __future__ import annotations

import os

from consilience.domains.policy.language.explain import judge
from consilience.domains.policy.language.types import BOOL
from consilience.kit import canonical
from tests.rules.test_language_named import named_cases
from tests.rules.test_language_oracles import FACTS, differences
from tests.rules.test_language_targets import expressions

SEEDS = int(os.environ.get("CONSILIENCE_SOAK_SEEDS", "11"))


def test_no_seed_finds_an_expression_that_means_something_else() -> None:
    for seed in range(SEEDS):
        cases = list(expressions(seed, each=6, documents=len(FACTS)))
        assert differences(cases) == []
        for case in cases:
            if case.expression.type == BOOL:
                answer, explanation = judge(case.expression, FACTS[case.document])
                assert canonical.encode(explanation.trace)
                assert explanation.trace["result"] in (str(answer.value).lower(), answer.state.value)


def test_no_seed_finds_names_that_mean_something_else_than_the_text_written_out() -> None:
    asked, found = 0, []
    for seed in range(SEEDS):
        cases = list(named_cases(seed, each=6, documents=len(FACTS)))
        asked += len(cases)
        found += differences(list(cases))
    assert found == []
    assert asked > 900 * SEEDS
