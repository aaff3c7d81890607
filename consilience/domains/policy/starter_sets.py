"""Starter sets: policies that belong together and that a workspace may begin with. Proposed and published like any other.

A set is a folder with `set.yaml`: what it is for, and its policies. A policy is a file (`NAME` beside it, or
`OTHER-SET/NAME` where sets share one) or is written as filled-in templates; see `composing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from consilience.domains.policy.composing import Asked, asked, composed
from consilience.domains.policy.fields import Source
from consilience.kit.canonical import Json
from consilience.kit.errors import NotFound
from consilience.kit.strict_yaml import read_yaml


@dataclass(frozen=True)
class StarterSet:
    """A set by name: title and purpose by language, and the text of each policy by its name, in the order to read them.

    `worked` are the texts of its worked systems, by name; see `gate.worked`.
    """

    name: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    policies: Mapping[str, str]
    worked: Mapping[str, str]


class _Texts(Mapping[str, str]):
    """The texts of a set's policies; each is read, or composed, when somebody first asks for it."""

    def __init__(self, folder: Traversable, said: Mapping[str, Json], source: Source) -> None:
        self._folder, self._said, self._source = folder, said, source
        self._places = {_name_of(item): at for at, item in enumerate(said["policies"])}
        self._made: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, name: str) -> str:
        if name not in self._made:
            self._made[name] = self._text(self._places[name])
        return self._made[name]

    def _text(self, at: int) -> str:
        item = self._said["policies"][at]
        if isinstance(item, str):
            within = self._folder if "folder" not in self._said else _root().joinpath(self._said["folder"])
            if "/" in item:
                within = _root().joinpath("sets")
            return within.joinpath(f"{item}.yaml").read_text(encoding="utf-8")
        return composed(item, self._source, ("policies", at), self._asked())

    def _asked(self) -> Asked | None:
        """Of which systems the set asks, where a policy of it says nothing else."""
        if "applies_if" not in self._said:
            return None
        return asked(self._said["applies_if"], self._source, ("applies_if",))


@cache
def starter_sets() -> Mapping[str, StarterSet]:
    """The sets that are shipped, by name."""
    found: dict[str, StarterSet] = {}
    for folder in sorted(_root().joinpath("sets").iterdir(), key=lambda one: one.name):
        if not folder.is_dir() or not folder.joinpath("set.yaml").is_file():
            continue
        said, lines = read_yaml(folder.joinpath("set.yaml").read_text(encoding="utf-8"), folder.name)
        texts = _Texts(folder, said, Source(folder.name, lines))
        found[folder.name] = StarterSet(folder.name, said["title"], said["text"], texts, _worked(folder))
    return found


def starter_set(name: str) -> StarterSet:
    found = starter_sets().get(name)
    if found is None:
        raise NotFound("starter set", name)
    return found


def starter_policy(name: str, policy: str) -> str:
    """The text of one policy of a set."""
    text = starter_set(name).policies.get(policy)
    if text is None:
        raise NotFound("starter policy", f"{name}/{policy}")
    return text


def _root() -> Traversable:
    return files("consilience.domains.policy")


def _name_of(item: Json) -> str:
    """A policy's name in its set: the file's, or the composed policy's own."""
    return item.rsplit("/", 1)[-1] if isinstance(item, str) else str(item["policy"])


def _worked(folder: Traversable) -> dict[str, str]:
    within = folder.joinpath("worked")
    if not within.is_dir():
        return {}
    return {
        name: within.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
        for name in ("passes", "fails")
        if within.joinpath(f"{name}.yaml").is_file()
    }
