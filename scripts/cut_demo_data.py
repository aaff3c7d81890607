#!/usr/bin/env python3
"""Cut the demo's two files from a monthly panel of the Taiwan credit-card customers. Deterministic.

Usage: cut_demo_data.py --panel credit_tw_panel.parquet --out consilience/demo/data

5,000 customers are chosen by a hash of their id. 2,000 of them train the model, on their statements of May 2005: when
the statements of July are scored, May's are the newest whose outcome is known. The other 3,000 are held out, with
their statements of July; no customer is in both files and each stands once, so rows are independent.

The panel names the sexes the wrong way round: its 18,112 customers called "male" are the 18,112 women of the published
data (Yeh & Lien 2009; code 2 = female), so the names are put right here.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ATTRIBUTION = (
    "Default of Credit Card Clients, I-Cheng Yeh, UCI Machine Learning Repository, doi:10.24432/C55S3H, CC BY 4.0. "
    "Changes: reshaped to one row per customer and month, 5,000 of 30,000 customers, age bands added, sexes renamed."
)
WOMEN = 18_112
BANDS = ((0, "21-29"), (30, "30-44"), (45, "45 and over"))
CUSTOMERS, TRAINING = 5_000, 2_000
CUTS = {"card-training.parquet": ("2005-05-31", slice(0, TRAINING)),
        "card-holdout.parquet": ("2005-07-31", slice(TRAINING, CUSTOMERS))}  # fmt: skip


def order(customer: int) -> str:
    return hashlib.sha256(f"consilience-demo:{customer}".encode()).hexdigest()


def band(age: int) -> str:
    return [name for least, name in BANDS if age >= least][-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panel", required=True)
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args()
    panel = pq.read_table(told.panel)
    chosen = sorted(set(panel["customer_id"].to_pylist()), key=order)[:CUSTOMERS]
    april = panel.filter(pc.equal(panel["timestamp"].cast(pa.date32()).cast(pa.string()), "2005-04-30"))
    called_male = pc.sum(pc.equal(april["sex"].cast(pa.string()), "male")).as_py()
    names = {"male": "female", "female": "male"} if called_male == WOMEN else {"male": "male", "female": "female"}
    for name, (month, part) in CUTS.items():
        rows = panel.filter(
            pc.and_(
                pc.is_in(panel["customer_id"], pa.array(chosen[part], pa.int32())),
                pc.equal(panel["timestamp"].cast(pa.date32()).cast(pa.string()), month),
            )
        ).sort_by("customer_id")
        table = pa.table(
            {
                "customer_id": rows["customer_id"],
                "statement": rows["timestamp"].cast(pa.date32()),
                "sex": pa.array([names[str(one)] for one in rows["sex"].to_pylist()]),
                "age_band": pa.array([band(age) for age in rows["age"].to_pylist()]),
                "age": rows["age"],
                "education": rows["education"],
                "marriage": rows["marriage"],
                "limit_bal": rows["limit_bal"],
                "pay_status": rows["pay_status"],
                "bill_amt": rows["bill_amt"],
                "pay_amt": rows["pay_amt"],
                "late_next_month": rows["y_true"].cast(pa.int8()),
            }
        ).replace_schema_metadata({"attribution": ATTRIBUTION})
        pq.write_table(table, told.out / name, compression="zstd")
        print(f"{name}: {table.num_rows} rows, {pc.mean(table['late_next_month']).as_py():.4f} late")


if __name__ == "__main__":
    main()
