"""Authenticators without hardware: Chromium's virtual ones, over its DevTools protocol."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page


@dataclass(frozen=True)
class Authenticator:
    """A virtual authenticator of one page."""

    devtools: CDPSession
    id: str

    @classmethod
    def beside(cls, page: Page, *, synced: bool = False, verifies: bool = True) -> Authenticator:
        """One that answers by itself. `synced`: its keys can be copied; `verifies`: it knows the finger of whoever touches it."""
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        made = devtools.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
                    "hasUserVerification": True, "isUserVerified": verifies, "automaticPresenceSimulation": True,
                    "defaultBackupEligibility": synced, "defaultBackupState": synced,
                }
            },
        )  # fmt: skip
        return cls(devtools, made["authenticatorId"])

    def verify_nobody(self) -> None:
        """From now on it asks for a finger and gets a wrong one."""
        self.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": False})

    def credentials(self) -> int:
        found = self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return len(found["credentials"])

    def forget(self) -> None:
        """As if the device were lost."""
        self.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})
