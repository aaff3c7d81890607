"""Finding a requirement by any word of it: title, why, sentences, names, obligations, owner, kinds of evidence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consilience.domains.policy.language.expression import fact_paths
from consilience.domains.policy.requirement import Policy, Requirement

WHERE = ("name", "title", "why", "owner", "evidence", "obligation", "source", "sentence")
"""Where a word may be found, what says most first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A requirement that has every word that was asked for; None is the policy itself. `where` says where they were found."""

    policy: Policy
    requirement: Requirement | None
    where: tuple[str, ...]


def search(policies: Iterable[Policy], words: str) -> list[Hit]:
    """What has every one of these words, or parts of words, whatever their capitals; no words find nothing."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    found: list[Hit] = []
    for policy in policies:
        about = {"name": policy.slug, "title": " ".join(policy.title.values()), "owner": policy.owner}
        where = _where(about, wanted)
        if where:
            found.append(Hit(policy, None, where))
        for one in policy.requirements:
            where = _where(_texts(one), wanted)
            if where:
                found.append(Hit(policy, one, where))
    return found


def kinds_of_evidence(requirement: Requirement) -> list[str]:
    """The kinds of evidence that a requirement's rules read, in the order of their names."""
    rules = (requirement.satisfied_if, requirement.applies_if)
    paths = [path for rule in rules if rule is not None for path in fact_paths(rule)]
    return sorted({path[1] for path in paths if path[0] == "evidence" and len(path) > 1})


def _where(texts: Mapping[str, str], wanted: list[str]) -> tuple[str, ...]:
    """Where the words stand; nowhere unless each of them stands somewhere."""
    folded = {place: text.casefold() for place, text in texts.items()}
    places = [next((place for place in WHERE if word in folded.get(place, "")), "") for word in wanted]
    return tuple(dict.fromkeys(places)) if all(places) else ()


def _texts(one: Requirement) -> dict[str, str]:
    kinds = kinds_of_evidence(one)
    said = [template.text for by_code in one.sentences.values() for template in by_code.values()]
    return {
        "name": one.name,
        "title": " ".join(one.title.values()),
        "why": " ".join(one.why.values()),
        "owner": one.owner,
        "evidence": " ".join(
            [*kinds, *(kind.replace("_", " ") for kind in kinds), *(f"evidence.{one}" for one in kinds)]
        ),
        "obligation": " ".join(one.obligations),
        "source": one.source,
        "sentence": " ".join(said),
    }
