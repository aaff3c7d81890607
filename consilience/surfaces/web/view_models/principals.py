"""People and robots as pages show them: functions, grants, tokens, with names read once."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.access.models import Grant, Token
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries
from consilience.domains.people.models import Person, Robot
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web.view_models.texts import shown as shown_texts

Shown = dict[str, Any]
_SCOPES: dict[str, str | Promise] = {
    "read": gettext_lazy("read"),
    "register": gettext_lazy("register, and hand in evidence"),
    "release": gettext_lazy("propose releases"),
    "sign": gettext_lazy("decide for its owner's functions"),
    "gate": gettext_lazy("have the gate decide"),
    "policy": gettext_lazy("propose and publish policies"),
    "manage": gettext_lazy("manage people and grants"),
}
_MANDATES: dict[str, str | Promise] = {
    "engineering": gettext_lazy("Architecture, and readiness to run"),
    "product": gettext_lazy("Impact on users, and fit for the market"),
    "legal": gettext_lazy("Obligations, lawful data, privacy"),
    "ethics": gettext_lazy("Fairness, and what it does to society"),
}


def scope(code: str) -> str | Promise:
    return _SCOPES.get(code, code)


def choices(asof: AsOf) -> list[tuple[str, str]]:
    """Active people to choose from, by name."""
    active = [row.urn for row in queries.persons(asof) if row.body["active"]]
    names = queries.names(active)
    return sorted(((urn, names.get(urn, urn)) for urn in active), key=lambda pair: pair[1].lower())


class Principals:
    """Everybody here. Grants and tokens are only shown to those who may see them, addresses to those who manage people."""

    def __init__(self, actor: Actor, asof: AsOf, *, manages: bool, sees_access: bool) -> None:
        self._actor, self._asof, self._manages, self._sees = actor, asof, manages, sees_access
        self._titles = queries.functions(asof)
        self._rows = queries.persons(asof)
        self._robots = queries.robots(asof)
        self._names = queries.names([*(row.urn for row in self._rows), *(row.urn for row in self._robots)])
        self._held: dict[str, list[str]] = {}
        for one in queries.holdings(asof):
            self._held.setdefault(one.person, []).append(one.function)

    @cached_property
    def _grants(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = {}
        for one in access.grants(self._asof) if self._sees else ():
            if one.body["until"] is None or self._asof.valid_at < one.body["until"]:
                found.setdefault(one.principal, []).append(one)
        return found

    @cached_property
    def _tokens(self) -> dict[str, list[Token]]:
        found: dict[str, list[Token]] = {}
        for one in access.tokens(self._asof) if self._sees else ():
            found.setdefault(one.principal, []).append(one)
        return found

    @cached_property
    def _labels(self) -> dict[str, str]:
        return shown_texts(one.body["label"] for listed in self._tokens.values() for one in listed)

    @cached_property
    def _systems(self) -> dict[str, str]:
        return {row.urn: row.body["name"] for row in inventory.systems(self._actor, self._asof)}

    @cached_property
    def _addresses(self) -> dict[str, str]:
        return queries.addresses(row.urn for row in self._rows if self._manages or row.urn == self._actor.urn)

    def functions(self) -> list[Shown]:
        holders = queries.holders(self._asof)
        return [
            {
                "code": code, "name": title, "mandate": str(_MANDATES.get(code, "")),
                "people": [self._names.get(urn, "") for urn in holders.get(code, [])],
            }
            for code, title in self._titles.items()
        ]  # fmt: skip

    def people(self) -> list[Shown]:
        listed = sorted(self._rows, key=lambda row: (not row.body["active"], self._names.get(row.urn, "").lower()))
        return [self._person(row) for row in listed]

    def _person(self, row: Person) -> Shown:
        held = self._functions_of(row.urn)
        return {
            "name": self._names.get(row.urn, ""),
            "email": self._addresses.get(row.urn, ""),
            "url": reverse("person", args=[row.urn]),
            "function": held[0]["code"] if held else "",
            "functions": held,
            "grants": self._granted(row.urn),
            "active": bool(row.body["active"]),
        }

    def _functions_of(self, urn: str) -> list[Shown]:
        held = self._held.get(urn, [])
        return [{"code": code, "name": title} for code, title in self._titles.items() if code in held]

    def robots(self, *, may_withdraw: bool) -> list[Shown]:
        return [
            {
                "name": row.slug, "purpose": row.body["purpose"], "owner": self._names.get(row.body["owner"], ""),
                "url": reverse("person", args=[row.urn]), "grants": self._granted(row.urn),
                "tokens": self._tokens_of(row.urn, may_withdraw=may_withdraw),
            }
            for row in self._robots
        ]  # fmt: skip

    def _granted(self, urn: str) -> list[Shown]:
        return [
            {
                "action": sentences.word(sentences.ROLES, one.role),
                "scope": self._where(one.system),
                "until": one.body["until"],
                "end_url": reverse("grant_end", args=[one.urn]),
            }
            for one in self._grants.get(urn, [])
        ]

    def _where(self, system: str | None) -> str:
        if system is None:
            return _("everywhere")
        return _("in %(system)s") % {"system": self._systems.get(system, _("another system"))}

    def _tokens_of(self, urn: str, *, may_withdraw: bool) -> list[Shown]:
        return [
            {
                "name": self._labels.get(one.body["label"]["commitment"], ""),
                "state": "active" if self._asof.valid_at < one.body["expires_at"] else "expired",
                "expires_at": one.body["expires_at"],
                "scopes": ", ".join(str(scope(each)) for each in one.body["scopes"]),
                "revoke_url": reverse("token_withdraw", args=[one.urn]) if may_withdraw else "",
            }
            for one in self._tokens.get(urn, [])
        ]

    def _may_erase(self) -> bool:
        return access.can(self._actor, "content.erase", WORKSPACE, self._asof) is None

    def one(self, row: Person | Robot, *, may: bool) -> Shown:
        """The page of one person or robot."""
        own = row.urn == self._actor.urn
        is_robot = isinstance(row, Robot)
        functions = [
            one | {"end_url": reverse("hold_end", args=[row.urn, one["code"]]) if may else ""}
            for one in self._functions_of(row.urn)
        ]
        grants = [one | {"end_url": one["end_url"] if may else ""} for one in self._granted(row.urn)]
        made = []
        if may and not is_robot:
            made.append(
                {
                    "label": _("Let them act for a function"),
                    "url": reverse("hold", args=[row.urn]),
                    "icon": "users",
                    "primary": False,
                }
            )
        if may:
            made.append(
                {
                    "label": _("Grant a role"),
                    "url": reverse("grant_new", args=[row.urn]),
                    "icon": "plus",
                    "primary": False,
                }
            )
        if not is_robot and not row.body["active"] and self._may_erase():
            made.append(
                {
                    "label": _("Erase this person"),
                    "url": f"{reverse('erase')}?{urlencode({'person': row.urn})}",
                    "icon": "ban",
                    "primary": False,
                }
            )
        if own or (may and is_robot):
            made.append(
                {
                    "label": _("Make a token"),
                    "url": reverse("robot_token_new", args=[row.urn]),
                    "icon": "key",
                    "primary": False,
                }
            )
        return {
            "person": {
                "name": self._names.get(row.urn, ""),
                "urn": row.urn,
                "email": self._addresses.get(row.urn, ""),
                "active": bool(row.body["active"]),
                "is_robot": is_robot,
                "note": row.body["purpose"] if is_robot else "",
                "owner": self._names.get(row.body["owner"], "") if is_robot else "",
                "function": functions[0]["code"] if functions else "",
                "state_url": reverse("person_state", args=[row.urn]) if may else "",
            },
            "functions": functions,
            "grants": grants,
            "tokens": self._tokens_of(row.urn, may_withdraw=may or own),
            "sees_access": self._sees,
            "actions": made,
            "no_right": "" if may or own else _("People are looked after by administrators."),
        }
