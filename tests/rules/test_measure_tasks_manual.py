"""The page of the other tasks says of each figure what its docstring says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consilience.measure import multiclass as reports
from consilience.measure.metrics import change, jumps, latency, multiclass, paired, quantiles, ranking, regression

MANUAL = (Path(__file__).resolve().parents[2] / "docs/manual/tasks.md").read_text()
SECTIONS: dict[str, Callable[..., Any]] = {
    **{f"`{name}`": metric for name, metric in regression.REGRESSION.items()},
    **{f"`{name}`": metric for name, metric in multiclass.MULTICLASS.items() if not name.startswith("micro")},
    **{
        f"`{metric.__name__}`": metric
        for metric in (ranking.precision_at, ranking.recall_at, ranking.lift_at, ranking.ndcg)
    },
    **{f"Paired `{name}`": metric for name, metric in paired.PAIRED.items()},
    "`residuals`": regression.residual_quantiles,
    "Gaps between groups": regression._gap,
    "`per_class`": multiclass.of_class,
    "`top_k`": reports.top_k,
    "`selection_rate` of a class": reports.selection_rate,
    "A quantile": quantiles.quantile,
    "`latency`": latency.latency,
    "Newcombe's paired interval": paired.newcombe_paired,
    "`mcnemar`": paired.mcnemar,
    "Side by side": change.difference,
    "`jumps`": jumps.jumps,
}


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_of_the_manual_is_the_docstring(heading: str) -> None:
    _, found, rest = MANUAL.partition(f"\n### {heading}\n")
    assert found, f"docs/manual/tasks.md has no section {heading}"
    assert rest.split("\n#")[0].split() == (inspect.getdoc(SECTIONS[heading]) or "").split()
