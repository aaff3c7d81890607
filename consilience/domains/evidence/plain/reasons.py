"""Why a figure, or only its interval, is undefined, in plain words. Keys are `consilience.measure.metrics.figure.Reason`."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "no_label": "nobody said what came of each case",
        "no_score": "no score was given",
        "no_prediction": "the model's yes or no was not given",
        "no_rows": "no row has all that it takes",
        "no_positives": "no case turned out positive",
        "no_negatives": "no case turned out negative",
        "none_predicted_positive": "the model flags none",
        "none_predicted_negative": "the model flags all",
        "no_positives_at_all": "no case is positive, and the model flags none",
        "few_of_a_class": "there are too few cases of one kind",
        "fewer_than_two_groups": "there are not two groups to compare",
        "a_group_is_small": "one group is too small",
        "too_many_groups": "there are too many groups",
        "small_group_withheld": "the group is so small that it would speak of single people",
        "withheld_for_another": "a smaller group could be found from it",
        "few_rows": "there are too few rows",
        "labels_to_come": "what came of these cases is not known yet",
        "class_absent": "no row is of this kind",
        "one_side_undefined": "one of the two is not known",
        "no_difference_at_all": "both say the same in every row",
        "few_clusters": "the rows are of too few people",
        "constant": "there is one value only",
    },
    "de": {
        "no_label": "niemand sagte, wie die Fälle ausgingen",
        "no_score": "es liegt kein Punktwert vor",
        "no_prediction": "das Ja oder Nein des Modells fehlt",
        "no_rows": "keine Zeile hat alles, was es braucht",
        "no_positives": "kein Fall ging positiv aus",
        "no_negatives": "kein Fall ging negativ aus",
        "none_predicted_positive": "das Modell meldet niemanden",
        "none_predicted_negative": "das Modell meldet alle",
        "no_positives_at_all": "kein Fall ist positiv, und das Modell meldet keinen",
        "few_of_a_class": "von einer Art gibt es zu wenig Fälle",
        "fewer_than_two_groups": "es gibt keine zwei Gruppen zum Vergleich",
        "a_group_is_small": "eine Gruppe ist zu klein",
        "too_many_groups": "es sind zu viele Gruppen",
        "small_group_withheld": "die Gruppe ist so klein, dass man einzelne Menschen sähe",
        "withheld_for_another": "eine noch kleinere Gruppe ließe sich daraus finden",
        "few_rows": "es sind zu wenig Zeilen",
        "labels_to_come": "wie diese Fälle ausgehen, weiß man noch nicht",
        "class_absent": "keine Zeile ist von dieser Art",
        "one_side_undefined": "eine der beiden Zahlen fehlt",
        "no_difference_at_all": "beide sagen in jeder Zeile das Gleiche",
        "few_clusters": "die Zeilen sind von zu wenig Menschen",
        "constant": "es gibt nur einen Wert",
    },
}
OTHER: Mapping[str, str] = {
    "en": "the rows at hand do not allow it",
    "de": "die Zeilen reichen dafür nicht",
}


def reason(code: str, language: str) -> str:
    return REASONS[language].get(code, OTHER[language])
