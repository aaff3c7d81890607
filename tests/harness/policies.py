"""Texts of policies that differ from the starter set in what a test is about."""

from __future__ import annotations

from consilience.domains.policy import document


def fair_treatment(*, bound: str = "0.08", starts: str = "") -> str:
    """The starter policy of ethics with another bound on the gap between groups, in its words and examples too.

    `starts` is a date from which that requirement is in force.
    """
    text = document.starter_texts()["ethics.yaml"]
    percent = f"{100 * float(bound):g}"
    for old, new in (
        ("a.gaps.fpr.high <= 0.1)", f"a.gaps.fpr.high <= {bound})"),
        ("{name: sex, gaps: {fpr: {high: 0.1}}}", f"{{name: sex, gaps: {{fpr: {{high: {bound}}}}}}}"),
        ("{name: age, gaps: {fpr: {high: 0.101}}}", f"{{name: age, gaps: {{fpr: {{high: {float(bound) * 1.01:g}}}}}}}"),
        ("at most 10 percentage points", f"at most {percent} percentage points"),
        ("; 10 is the limit", f"; {percent} is the limit"),
    ):
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    if starts:
        head = "  - id: equal-chance-for-good-payers\n"
        assert text.count(head) == 1
        text = text.replace(head, f'{head}    effective: {{from: "{starts}"}}\n')
    return text
