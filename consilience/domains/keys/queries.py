"""Which keys stand, and what waits for a signature."""

from __future__ import annotations

from collections.abc import Iterable

from consilience.domains.keys import bearer, rules
from consilience.domains.keys.models import Key, Preparation
from consilience.domains.keys.passkeys import Site
from consilience.domains.ledger import queries as ledger_queries
from consilience.domains.ledger import rules as ledger_rules
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.ledger.signing import sshsig
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.domains.people import queries as people
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.records.models import AsOf

LOOKED_AT = 300
"""Entries of a holder, newest first, in which the last signature of a key is looked for."""


def of_holder(holder: str, asof: AsOf) -> list[Key]:
    """The holder's keys in force, the oldest first."""
    rows = Key.objects.as_of(asof).filter(holder=holder).order_by("position", "ordinal")
    return [row for row in rows if rules.stands(row.body, asof.valid_at)]


def everybodys(asof: AsOf) -> list[Key]:
    """All keys in force."""
    rows = Key.objects.as_of(asof).order_by("position", "ordinal")
    return [row for row in rows if rules.stands(row.body, asof.valid_at)]


def history() -> list[Key]:
    """The newest version of every key that was ever bound, revoked ones too."""
    newest: dict[str, Key] = {}
    for row in Key.objects.order_by("position", "ordinal", "version"):
        newest[row.urn] = row
    return list(newest.values())


def in_force(urn: str, asof: AsOf) -> Key | None:
    """The key, if it may sign at this moment."""
    row = Key.objects.as_of(asof).filter(urn=urn).first()
    return row if row is not None and rules.stands(row.body, asof.valid_at) else None


def own(holder: str, urn: str, asof: AsOf) -> Key:
    """A key in force of this holder; NotFound otherwise, also where it is somebody else's."""
    row = in_force(urn, asof)
    if row is None or row.holder != holder:
        raise NotFound("key", urn)
    return row


def fingerprints() -> set[str]:
    """Of every key that was ever bound."""
    return set(Key.objects.values_list("fingerprint", flat=True))


def prepared(nonce: str, actor: str, at: Instant) -> Preparation:
    """What this person prepared; NotFound when it is somebody else's, was signed, or waited too long."""
    row = Preparation.objects.filter(nonce=nonce, actor=actor, expires_at__gt=at).first()
    if row is None:
        raise NotFound("act that waits for its signature", nonce[:12])
    return row


def bearer_of(token: str, asof: AsOf) -> Actor | None:
    """The robot that a short-lived token stands for, within what its key allows; None when it is worth nothing."""
    try:
        claim = bearer.read(token)
        row = in_force(claim.key, asof)
        if row is None or row.kind != KeyKind.ED25519 or not people.is_active(row.holder, asof):
            return None
        bearer.check(claim, row.body, log=ledger_rules.origin_of(row.urn.split(":")[2]), at=asof.valid_at)
    except BadInput:
        return None  # said to nobody: whoever guesses learns nothing
    scopes, systems = frozenset(row.body["scopes"] or ()), row.body["systems"]
    reach = None if systems is None else frozenset(systems)
    return Actor(row.holder, AuthenticatedBy.TOKEN, scopes, reach, row.urn)


def allowed_signers() -> str:
    """The file that `ssh-keygen -Y verify -f` reads: each SSH key with the URN of its holder and when it was valid.

    OpenSSH knows no positions, so the file says times (`valid-after`, `valid-before`); `consilience verify` goes by order.
    """
    lines = []
    for row in history():
        if row.kind != KeyKind.SSH:
            continue
        bound = Key.objects.filter(urn=row.urn).order_by("version").first()
        assert bound is not None
        until = [one for one in (row.body["until"], row.valid_from if row.withdrawn else None) if one]
        options = [f'namespaces="{sshsig.NAMESPACE}"', f'valid-after="{_openssh_time(bound.valid_from)}"']
        options += [f'valid-before="{_openssh_time(min(until))}"'] if until else []
        lines.append(f"{row.holder} {','.join(options)} {row.body['line']}\n")
    return "".join(lines)


def _openssh_time(at: str) -> str:
    return at[:19].replace("-", "").replace(":", "").replace("T", "") + "Z"


# What pages show


def ever_of(holder: str, asof: AsOf) -> list[Key]:
    """The newest version of every key that was ever bound to this holder, the newest binding first."""
    rows = Key.objects.filter(holder=holder, position__lt=asof.known_at).order_by("position", "ordinal", "version")
    newest: dict[str, Key] = {}
    for row in rows:
        newest[row.urn] = row
    return list(reversed(newest.values()))


def bindings(urns: Iterable[str]) -> dict[str, Key]:
    """The first version of each key: its position is the entry behind which its signatures count."""
    return {row.urn: row for row in Key.objects.filter(urn__in=list(urns), version=1)}


def state(row: Key, asof: AsOf) -> str:
    """active, revoked or expired, of the newest version of a key."""
    if row.withdrawn:
        return "revoked"
    return "active" if rules.stands(row.body, asof.valid_at) else "expired"


def last_used(holder: str, asof: AsOf) -> dict[str, str]:
    """When each of the holder's keys signed last, by key URN, among their newest entries."""
    rows = ledger_queries.entries().filter(actor=holder, position__lt=asof.known_at)[:LOOKED_AT]
    found: dict[str, str] = {}
    for row in rows:
        said = ledger_rules.read(bytes(row.exact))
        key = said.predicate.get("key")
        if said.envelope is not None and isinstance(key, str):
            found.setdefault(key, said.at)
    return found


def passkeys_at(holder: str, site: Site, asof: AsOf) -> list[Key]:
    """The holder's passkeys in force that a browser can find on this site."""
    return [row for row in of_holder(holder, asof) if row.kind == KeyKind.PASSKEY and site.holds(row.body)]
