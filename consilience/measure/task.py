"""What a model predicts."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """One of two classes, a number, or one of several classes."""

    BINARY = "binary"
    REGRESSION = "regression"
    MULTICLASS = "multiclass"
