"""How the demo's model is made: a logistic regression on the training file, written down as data.

Run `python -m consilience.demo.training OUT` to make the shipped artefact again; the same bytes come out on any machine.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

from consilience.kit import canonical, digests
from consilience.measure import artefact
from consilience.measure.fitting import fit_logistic

LABEL = "late_next_month"
FEATURES = ("limit_bal", "bill_amt", "pay_amt", "pay_status")
PROTECTED = ("sex", "age_band")
THRESHOLD = 0.5
"""Product's cost table puts it there: a customer is turned down when being late is more likely than not."""
PARAMETERS = {"penalty": "l2", "strength": "1.0", "threshold": str(THRESHOLD), "features": ", ".join(FEATURES)}


def data_file(name: str) -> Path:
    return Path(str(files("consilience.demo.data").joinpath(name)))


def shipped() -> Path:
    return Path(str(files("consilience.demo.model").joinpath("credit-risk.json")))


def code_revision() -> str:
    """This file's digest: the code that made the model, whether or not it lies in a repository."""
    return digests.of_file(Path(__file__))


def train() -> bytes:
    """The artefact's canonical bytes, from the training file alone."""
    made = fit_logistic(
        data_file("card-training.parquet"), label=LABEL, numeric=FEATURES, l2=1.0, threshold=THRESHOLD, output="risk"
    )
    return artefact.encode(made)


def split_digest() -> str:
    """The digest of which customers trained and which were held out."""
    import pyarrow.parquet as pq

    parts = {
        name: pq.read_table(data_file(f"card-{name}.parquet"), columns=["customer_id"])["customer_id"].to_pylist()
        for name in ("training", "holdout")
    }
    if set(parts["training"]) & set(parts["holdout"]):
        raise ValueError("a customer is in both files")
    return canonical.digest(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(train())
