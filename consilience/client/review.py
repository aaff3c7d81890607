"""Releases, and what people say about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from consilience.client import places
from consilience.client.calls import Json
from consilience.client.places import part
from consilience.client.signed import ToSign
from consilience.client.signers import Signer
from consilience.client.signing import Signing


class Review(Signing):
    """Proposing a release, signing it off, and what follows a sign-off."""

    def propose_release(self, system: str, version: str, stage: str, *, note: str = "") -> Json:
        return self._json(self.post("/releases", {"system": system, "version": version, "stage": stage, "note": note}))

    def release(self, system: str, version: str, stage: str) -> Json:
        """The dossier, each facet with the digest to sign, and what everybody has said."""
        return self._json(self.get(places.release(system, version, stage)))

    def sign_off(
        self, system: str, version: str, stage: str, *, function: str, verdict: str, reason: str, seen: str,
        conditions: Iterable[Mapping[str, str]] = (), expires_at: str | None = None,
        signer: Signer | None = None, agree: Callable[[ToSign], None] = lambda _: None,
    ) -> Json:  # fmt: skip
        """Give a function's verdict on the facet whose digest (`seen`) you looked at.

        With a `signer` the act is signed with that key; `agree` is shown what is signed before it is.
        """
        body = {
            "function": function, "verdict": verdict, "reason": reason, "seen": seen,
            "conditions": [dict(one) for one in conditions], "expires_at": expires_at,
        }  # fmt: skip
        path = f"{places.release(system, version, stage)}/sign-offs"
        if signer is not None:
            return self.signed(path, body, signer=signer, agree=agree)
        return self._json(self.post(path, body))

    def prove_condition(self, condition: str, proof: str) -> Json:
        """Say how a condition (its id, `urn:…#0`) was met."""
        return self._json(self.post(f"{places.condition(condition)}/proof", {"proof": proof}))

    def condition(self, condition: str) -> Json:
        """A condition by its id, with the proof that was offered last and its digest."""
        return self._json(self.get(places.condition(condition)))

    def accept_condition(self, condition: str, *, seen: str | None = None) -> Json:
        """Accept the proof whose digest (`seen`) you read; refused when another was offered since."""
        return self._json(self.post(f"{places.condition(condition)}/accept", {"seen": seen}))

    def answer_objection(self, objection: str, text: str) -> Json:
        return self._json(self.post(f"/objections/{part(objection)}/answers", {"text": text}))

    def delegate(
        self, to: str, *, function: str, until: str, reason: str, system: str | None = None, starts: str | None = None
    ) -> Json:
        """Lend your voice for a function to another person until a day; in one system, or everywhere."""
        body = {"to": to, "function": function, "system": system, "starts": starts, "until": until, "reason": reason}
        return self._json(self.post("/delegations", body))

    def delegations(self, *, state: str | None = None) -> list[Json]:
        """Who decides in whose stead, the newest first."""
        asked = {} if state is None else {"state": state}
        return list(self.listed("/delegations", **asked))

    def end_delegation(self, delegation: str, reason: str) -> Json:
        return self._json(self.post(f"/delegations/{part(delegation)}/end", {"reason": reason}))

    def waive(
        self,
        system: str,
        version: str,
        stage: str,
        *,
        policy: str,
        requirement: str,
        until: str,
        reason: str,
        control: str,
    ) -> Json:
        """Set a requirement aside for a release until a day; `control` is what is done in its place."""
        body = {"policy": policy, "requirement": requirement, "until": until, "reason": reason, "control": control}
        return self._json(self.post(f"{places.release(system, version, stage)}/waivers", body))

    def waivers(self, *, state: str | None = None) -> list[Json]:
        """What is set aside, the next to end first."""
        asked = {} if state is None else {"state": state}
        return list(self.listed("/waivers", **asked))

    def withdraw_waiver(self, waiver: str, reason: str) -> Json:
        return self._json(self.post(f"/waivers/{part(waiver)}/withdraw", {"reason": reason}))

    def end_block(self, block: str, reason: str) -> Json:
        return self._json(self.post(f"/blocks/{part(block)}/end", {"reason": reason}))
