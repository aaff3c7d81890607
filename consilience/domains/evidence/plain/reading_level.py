"""How hard a text is to read, as the years of schooling that it takes: a published formula for each language.

English: the Flesch-Kincaid grade level (Kincaid et al., 1975). German: the first Wiener Sachtextformel (Bamberger and
Vanecek, 1984). Syllables are counted as groups of vowels, so a grade is right to about one year.
"""

from __future__ import annotations

import re

FORMULAS = {"en": "Flesch-Kincaid", "de": "Wiener Sachtextformel"}
PLAIN = {"en": 9.0, "de": 9.0}
"""The grade up to which a text counts as plain: nine years of school are what everybody has."""
_WORD = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}-][^\W_]+)*")
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|\n{2,}")
_VOWELS = {"en": re.compile(r"[aeiouy]+"), "de": re.compile(r"au|ei|ai|eu|äu|ie|aa|ee|oo|[aeiouyäöü]")}


def grade(text: str, language: str) -> float | None:
    """Years of schooling that a text takes; None where it has no words."""
    words = _WORD.findall(text.lower())
    if not words:
        return None
    sentences = max(1, sum(1 for one in _SENTENCE.split(text) if _WORD.search(one)))
    length, syllables = len(words) / sentences, [_syllables(word, language) for word in words]
    if language == "de":
        many, one = (
            100 * share / len(words) for share in (sum(n >= 3 for n in syllables), sum(n == 1 for n in syllables))
        )
        long = 100 * sum(len(word) > 6 for word in words) / len(words)
        return 0.1935 * many + 0.1672 * length + 0.1297 * long - 0.0327 * one - 0.875
    return 0.39 * length + 11.8 * sum(syllables) / len(words) - 15.59


def _syllables(word: str, language: str) -> int:
    """Groups of vowels, at least one; a final silent e of English is none. A number counts as one."""
    found = len(_VOWELS["de" if language == "de" else "en"].findall(word))
    if language != "de" and word.endswith("e") and not word.endswith(("le", "ee")) and found > 1:
        found -= 1
    return max(1, found)
