"""Counting a column of categories, batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.measure.engines import columns
from consilience.measure.engines import profile_kernels as kernels
from consilience.measure.states import categories
from consilience.measure.states.categories import KEPT_VALUES, CategoryState


class CategoryTable:
    """Adds up the values of one column. Once there are too many, only those with small hashes are looked at."""

    def __init__(self, untyped: bool) -> None:
        self._untyped = untyped
        self._missing, self._other = 0, 0
        self._counts: dict[str, int] = {}
        self._below = categories.SPACE

    def add(self, array: Any, counted: NDArray[np.int64] | None = None) -> None:
        """Count the values of a batch; with `counted` each stands for so many equal ones."""
        coded = columns.dictionary(array)
        rows = columns.code_counts(coded, counted)
        self._missing += (len(array) if counted is None else int(counted.sum())) - int(rows.sum())
        used = np.flatnonzero(rows)
        if self._below < categories.SPACE or len(used) > KEPT_VALUES:
            used = self._small(coded.dictionary, used, rows)
        words = columns.words(coded.dictionary, used, untyped=self._untyped)
        counts = self._counts
        for word, count in zip(words, rows[used].tolist(), strict=True):
            if word is None:
                self._missing += count
            else:
                key = word if len(word) <= categories.LONGEST and word[:1] != "#" else categories.key_of(word)
                counts[key] = counts.get(key, 0) + count
        if len(self._counts) > 2 * KEPT_VALUES:
            self._cut()

    def state(self) -> CategoryState:
        """What was counted."""
        self._cut()
        return CategoryState(self._missing, dict(self._counts), self._other)

    def _cut(self) -> None:
        state = categories.kept(CategoryState(0, self._counts, self._other), self._below)
        if state.other:
            self._counts, self._other = dict(state.counts), state.other
            self._below = max(map(categories.hash_of, state.counts), default=0)

    def _small(self, words: Any, used: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the used values whose hash may still be among the smallest; the rows of the others are added up.

        Where values are spelled anew before they are counted (CSV fields, numbers), or long, all are looked at.
        """
        found = None if self._untyped else columns.text_buffers(words)
        if found is None or not len(used):
            return used
        hashes = kernels.hash_texts(*found)[used]
        # A value is counted by the hash of its key; keys differ from texts where those begin with # or are long.
        special = columns.starting_with("#", *found, used) | columns.longer_than(categories.LONGEST, found[0], used)
        bound = min(self._below, categories.SPACE - 1)
        if len(ordinary := hashes[~special]) > KEPT_VALUES:
            bound = min(bound, int(np.partition(ordinary, KEPT_VALUES - 1)[KEPT_VALUES - 1]))
        plain = hashes <= np.uint64(bound)
        self._other += int(rows[used][~plain & ~special].sum())
        if bound < self._below:
            self._below = bound
            self._drop_above(bound)
        return used[plain | special]

    def _drop_above(self, bound: int) -> None:
        gone = [key for key in self._counts if categories.hash_of(key) > bound]
        self._other += sum(self._counts.pop(key) for key in gone)
