"""Requirements in each of their outcomes."""

from __future__ import annotations

from tests.browser.gallery.contexts.common import ENGINEERING, ETHICS, LEGAL, POLICY, PRODUCT, Context


def requirement(code: str, outcome: str, sentence: str, seen: str, bound: str, reason: str = "") -> Context:
    return {
        "code": code,
        "sentence": sentence,
        "outcome": outcome,
        "severity": "block",
        "seen": seen,
        "bound": bound,
        "reason": reason,
        "evidence": {"label": "Fairness report of 14 Nov", "url": "/evidence"} if outcome != "no_evidence" else None,
        "policy": POLICY,
        "obligation": {"label": "AI Act, Article 10 (2) (f)", "url": "https://eur-lex.europa.eu/eli/reg/2024/1689/oj"},
        "waiver": None,
        "attempts": 3,
        "plain": [
            "About 9 in 100 more applicants over 65 who would repay are refused than younger ones. Chance alone does not explain it."
        ],
        "because": [
            "Looked at fairness evaluation: 2 in all.",
            "Counterexample: fairness evaluation 1, groups 2: selection rate is 0.62, at least 0.8 is asked (0.18 too little).",
        ],
    }


GROUPS = [
    {
        "function": ENGINEERING,
        "text": "3 of 3 met",
        "items": [
            requirement(
                "eng.reproduced",
                "satisfied",
                "The training run was reproduced.",
                "The same digest twice.",
                "The same digest",
            ),
            requirement(
                "eng.latency", "satisfied", "It answers fast enough.", "38 ms for 99 of 100 requests.", "50 ms or less"
            ),
            requirement(
                "eng.owner", "satisfied", "Somebody answers for it at night.", "A rota until March.", "A named rota"
            ),
        ],
    },
    {
        "function": PRODUCT,
        "text": "1 of 2 met, 1 waived",
        "items": [
            requirement(
                "prd.pilot", "satisfied", "A pilot ran in at least one market.", "Two markets, 6 weeks.", "One market"
            ),
            requirement("prd.letter", "waived", "The refusal letter was tested.", "No test yet.", "12 customers")
            | {
                "waiver": {
                    "by": "Mara Osei and Ines Keller",
                    "until": "2026-11-30T23:00:00.000000Z",
                    "reason": "the test is booked, and reductions stay manual until then",
                }
            },
        ],
    },
    {
        "function": LEGAL,
        "text": "1 of 3 met",
        "items": [
            requirement(
                "leg.basis", "satisfied", "Every dataset has a lawful basis.", "2 of 2 datasets.", "All datasets"
            ),
            requirement("leg.licence", "no_evidence", "Agreements outlast the release.", "", "12 months or more"),
            requirement(
                "leg.biometric", "not_applicable", "No biometric data without consent.", "No such data.", "Consent"
            ),
        ],
    },
    {
        "function": ETHICS,
        "text": "1 of 3 met",
        "items": [
            requirement(
                "eth.ratio.age",
                "unsatisfied",
                "No age group is approved much less often than the reference group.",
                "65 and older: 0.74, interval 0.67 to 0.81",
                "0.80 or more",
                "A ratio below four fifths is what courts and regulators ask about first; the board agreed this floor.",
            ),
            requirement(
                "eth.red",
                "satisfied",
                "It was attacked by people who did not build it.",
                "41 prompts, 0 open.",
                "0 open",
            ),
            requirement(
                "eth.redress",
                "error",
                "The way to complain was tested by users.",
                "The rule could not be read.",
                "1 test",
            )
            | {"severity": "warn"},
        ],
    },
]
