"""Two policies above one another: one of the organisation, and a stricter one of a line of business."""

from __future__ import annotations

_POLICY = """\
policy: {slug}
title: {{en: {title}}}
owner: engineering
language: 2
{head}requirements:
  - id: enough-power
    title: {{en: {title}}}
    why: {{en: A score that hardly separates cannot carry a decision.}}
    owner: engineering
    severity: block
{extra}    applies_if: release.stage == "operation"
    satisfied_if: evidence.evaluation.all(m, m.roc_auc.low >= {bound})
    obligations: [sr262-validate]
    source: House rule
    sentences:
      en:
        satisfied: Every test separates well enough.
        unsatisfied: The area may be as low as {{m.roc_auc.low}}.
        no_evidence: There is no test.
        not_applicable: This is asked before operation only.
    examples:
      - name: just enough
        expect: satisfied
        facts: {{release: {{stage: operation}}, evidence: {{evaluation: [{{roc_auc: {{low: {bound}}}}}, {{roc_auc: {{low: 0.99}}}}]}}}}
      - name: just too little
        expect: unsatisfied
        facts: {{release: {{stage: operation}}, evidence: {{evaluation: [{{roc_auc: {{low: {below}}}}}, {{roc_auc: {{low: 0.99}}}}]}}}}
      - name: no test
        expect: no_evidence
        facts: {{release: {{stage: operation}}, evidence: {{evaluation: []}}}}
      - name: another stage
        expect: not_applicable
        facts: {{release: {{stage: data}}, evidence: {{evaluation: []}}}}
"""


def a_policy(slug: str, title: str, bound: str, below: str, *, head: str = "", extra: str = "") -> str:
    """A policy with one requirement: the area under the curve is at least `bound`; `below` lies just under it."""
    return _POLICY.format(slug=slug, title=title, bound=bound, below=below, head=head, extra=extra)


RETAIL = "scope: {line_of_business: retail-banking}\n"
_TIGHTENS = "    tightens: power/enough-power\n"
ABOVE = a_policy("power", "Power", "0.7", "0.69", extra="    may_be_loosened_by: [legal]\n")
BELOW = a_policy("retail-power", "Retail power", "0.75", "0.74", head=RETAIL, extra=_TIGHTENS)
LOOSER = a_policy("retail-power", "Retail power", "0.65", "0.64", head=RETAIL, extra=_TIGHTENS)
LOOSENING = a_policy(
    "retail-power", "Retail power", "0.65", "0.64",
    head=RETAIL
    + "loosens: [{requirement: power/enough-power, why: {en: Our cases are few.}, instead: enough-power}]\n",
)  # fmt: skip
NARROW = (
    ('release.stage == "operation"', 'release.stage == "validation"'),
    ("stage: operation", "stage: validation"),
)
"""Changes that make a policy apply to another stage than the one above it."""
