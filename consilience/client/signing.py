"""Keys, and acts that are signed with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consilience.client.calls import Calls, Json
from consilience.client.places import part
from consilience.client.signed import ToSign, signed
from consilience.client.signers import Signer
from consilience.kit.errors import Refused, refusal


class Signing(Calls):
    """Keys, and acts that are signed."""

    def keys(self) -> list[Json]:
        """Your keys in force."""
        return list(self.listed("/keys"))

    def key_for(self, signer: Signer) -> str:
        """The URN of the record that binds this key to you; Refused when it was not bound."""
        for one in self.keys():
            if one["fingerprint"] == signer.fingerprint:
                return str(one["urn"])
        raise Refused(
            refusal("key_not_bound", fingerprint=signer.fingerprint),
            f"{signer.fingerprint} is not a key of yours here: consilience key add",
        )

    def signed(self, path: str, body: Any, *, signer: Signer, agree: Callable[[ToSign], None]) -> Json:
        """Do what a POST to `path` does, signed. `agree` is shown what is signed, and raises when the person does not."""
        return self._json(signed(self._server, path, body, signer=signer, key=self.key_for(signer), agree=agree))

    def revoke_key(self, urn: str, reason: str) -> Json:
        return self._json(self.post(f"/keys/{part(urn)}/revoke", {"reason": reason}))

    def shown(self, position: int) -> str:
        """What the signer of an entry read."""
        return self._server.text(f"/ledger/entries/{position}/shown")

    def allowed_signers(self) -> str:
        """Every SSH key with its holder, as `ssh-keygen -Y verify -f` reads it."""
        return self._server.text("/keys/allowed-signers")
