"""A release that people and a robot sign with keys of their own: passkey, SSH key, Ed25519."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from consilience.domains.access.rules import Role
from consilience.domains.evidence import actions as evidence
from consilience.domains.evidence.models import Evidence
from consilience.domains.keys import actions as keys
from consilience.domains.keys.models import Key
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.people import actions as people
from consilience.domains.release.models import Release
from consilience.domains.review import actions as review
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import Verdict
from tests.harness.builders import (
    Someone,
    a_person,
    a_release,
    a_version,
    facet_digest,
    later,
    operator,
    read_release,
    some_evidence,
)
from tests.harness.signers import Passkey, RobotKey, SecurityKey, SshKey

Made = TypeVar("Made")
Signer = Passkey | SshKey | SecurityKey | RobotKey


@dataclass
class Holder:
    """Who signs, with what, and the record that binds it."""

    actor: Actor
    signer: Signer
    key: Key

    def signs(self, run: Callable[[Actor], Made]) -> Made:
        """Do an act as this holder signs it."""
        waiting = keys.prepare(
            actor=self.actor, key=self.key.urn, run=run, show=lambda _: b"what was shown", now=later()
        )
        signature = self.signer.sign(bytes(waiting.statement))
        return keys.complete(actor=self.actor, nonce=waiting.nonce, signature=signature, run=run, now=later())


@dataclass
class SignedStory:
    ana: Holder
    lee: Holder
    robot: Holder
    release: Release
    positions: dict[str, int]
    """Positions of the signed entries: passkey, ssh, robot."""


def bound(person: Someone, signer: Passkey | SshKey | SecurityKey) -> Holder:
    key = keys.bind(actor=person.actor, holder=person.urn, key=signer.new_key(), label="mine", now=later())
    return Holder(person.actor, signer, key)


def bound_robot(signer: RobotKey) -> Holder:
    owner = a_person()
    robot = people.add_robot(
        actor=operator(), slug="pipeline", purpose="Attaches plans.", owner=owner.urn, roles=[(Role.PIPELINE, None)], now=later()
    )  # fmt: skip
    key = keys.bind(actor=operator(), holder=robot.urn, key=signer.new_key(), label="pipeline", now=later())
    return Holder(Actor(robot.urn, AuthenticatedBy.TOKEN), signer, key)


def signing_off(release: Release, function: str) -> Callable[[Actor], SignOff]:
    seen, at = facet_digest(release, function), later()
    return lambda actor: review.sign_off(
        actor=actor, release=release.urn, function=function, verdict=Verdict.APPROVE, reason="Sound.", seen=seen, now=at
    )


def attaching(release: Release) -> Callable[[Actor], Evidence]:
    version, at = read_release(release).version, later()
    said = evidence.Said(kind="rollback_plan", method="document", fields={"title": "Plan", "document": "Signed"})
    subject = evidence.Subject(version.urn, version)
    return lambda actor: evidence.attach(actor=actor, subject=subject, said=said, now=at)


def signed_story(folder: Path) -> SignedStory:
    """In the workspace that is open. `folder` holds the SSH key."""
    ana = bound(a_person("Ana Aalto", functions=["ethics"]), Passkey())
    lee = bound(a_person("Lee Lund", functions=["legal"]), SshKey.make(folder))
    robot = bound_robot(RobotKey())
    version = a_version()
    some_evidence(version)
    release = a_release(version)
    made = {
        "passkey": ana.signs(signing_off(release, "ethics")).position,
        "ssh": lee.signs(signing_off(release, "legal")).position,
        "robot": robot.signs(attaching(release)).position,
    }
    a_person("Somebody after them")
    return SignedStory(ana, lee, robot, release, made)
