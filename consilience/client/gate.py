"""Policies, the gate, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consilience.client.calls import Calls, Json, given
from consilience.client.places import part
from consilience.kit.errors import ExitCode, Unreachable


@dataclass(frozen=True)
class GateAnswer:
    """What the gate said. `exit_code` is what a pipeline should exit with; only 0 means "allowed"."""

    verdict: str
    allowed: bool
    exit_code: ExitCode
    sentence: str
    decision: str | None
    what_if: bool
    said: Json = field(repr=False)
    """The whole answer, with every requirement and who can act next."""

    @classmethod
    def read(cls, said: Any) -> GateAnswer:
        """The answer in this JSON; Unreachable when it is none, since a half-read answer must never be a yes."""
        try:
            code = ExitCode(said["exit_code"])
            if (code is ExitCode.YES) != (said["allowed"] is True):
                raise ValueError("allowed and exit code contradict each other")
            return cls(
                verdict=str(said["verdict"]), allowed=said["allowed"] is True, exit_code=code,
                sentence=str(said["sentence"]), decision=said["decision"], what_if=bool(said["what_if"]), said=said,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"the server's answer is no answer of a gate ({error})") from error


class Gate(Calls):
    """Policies put forward and published, decisions asked for and replayed."""

    def propose_policy(self, text: str, *, replaces: str | None = None) -> Json:
        """Put a draft forward; `replaces` is a proposal of one's own of the same policy, which is taken back with it."""
        return self._json(self.post("/policies/proposals", {"text": text, **given({"replaces": replaces})}))

    def check_policy(self, text: str) -> Json:
        """What the examples of a draft notice, and what it may cost; nothing is recorded."""
        return self._json(self.post("/policies/check", {"text": text}))

    def publish_policy(self, proposal: str, *, in_force_from: str | None = None, ahead_of: int | None = None) -> Json:
        """Publish a proposal; `ahead_of` numbers a scheduled version that will replace it, where it begins before that."""
        body = {"in_force_from": in_force_from, "ahead_of": ahead_of}
        return self._json(self.post(f"/policies/proposals/{part(proposal)}/publish", body))

    def check_tables(self, text: str) -> list[Json]:
        """What is wrong with the decision tables of a text: gaps, overlaps, rows that never answer."""
        found: list[Json] = self.post("/tables/check", {"text": text})
        return found

    def ask_table(
        self, text: str | None = None, *, policy: str | None = None, table: str | None = None,
        system: str | None = None, values: Mapping[str, str] | None = None,
    ) -> Json:  # fmt: skip
        """What a decision table says: of a text or of a policy in force, for a system or for values of its inputs."""
        body = {"text": text, "policy": policy, "table": table, "system": system, "values": dict(values or {})}
        return self._json(self.post("/tables/ask", body))

    def export_table(self, text: str, *, table: str | None = None, form: str = "csv") -> str:
        """The rows of a table as CSV, or the table as DMN XML."""
        return str(self._json(self.post("/tables/export", {"text": text, "table": table, "form": form}))["text"])

    def tier(self, system: str) -> Json:
        """The risk tier of a system, why, what is unknown, and when it last changed."""
        return self._json(self.get(f"/systems/{part(system)}/tier"))

    def gate(
        self, version: str, *, to: str, system: str | None = None, as_of: str | None = None,
        known_at: int | None = None, policies: Sequence[str] | None = None, preview: bool = False,
    ) -> GateAnswer:  # fmt: skip
        """Have the gate decide. With `as_of`, `known_at`, `policies` (texts) or `preview` it is a what-if, never recorded."""
        body = {"system": system, "version": version, "to": to}
        if as_of is None and known_at is None and policies is None and not preview:
            return GateAnswer.read(self.post("/gate", body))
        moment = {"as_of": as_of, "known_at": known_at}
        if policies is None:
            return GateAnswer.read(self.get("/gate", **body, **moment, preview=True))
        return GateAnswer.read(self.post("/gate/what-if", {**body, **moment, "policies": list(policies)}))

    def replay(self, decision: str) -> Json:
        """Whether a decision's stored facts and policies still give what was decided."""
        return self._json(self.post(f"/decisions/{part(decision)}/replay"))
