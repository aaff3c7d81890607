"""The library of policies: its versions, what changed between them, what was said about them, when they are due."""

from __future__ import annotations

from collections.abc import Iterator

from consilience.client.calls import Calls, Json, given
from consilience.client.places import part


class Library(Calls):
    """Questions to the library, and what people say about its policies."""

    def policy_version(self, slug: str, number: int) -> Json:
        """One published version, word for word."""
        return self._json(self.get(f"/policies/{part(slug)}/versions/{number}"))

    def compare_policy(self, slug: str, old: int, new: int) -> Json:
        """What one version says otherwise than another, in words."""
        return self._json(self.get(f"/policies/{part(slug)}/compare", old=old, new=new))

    def policy_status(self, text: str) -> Json:
        """How a text stands towards the library: same, changed, new or not_valid."""
        return self._json(self.post("/policies/status", {"text": text}))

    def search_policies(self, words: str) -> Iterator[Json]:
        """The requirements that have every one of these words."""
        return self.listed("/policy-search", words=words)

    def reviews_due(self) -> Iterator[Json]:
        """The policies in force that must be looked at again, what is due first comes first."""
        return self.listed("/policy-reviews")

    def requirement(self, policy: str, requirement: str) -> Json:
        """One requirement: what is asked, why, since when, from which law, and what it sees on live releases."""
        return self._json(self.get(f"/policies/{part(policy)}/requirements/{part(requirement)}"))

    def comments(self, about: str) -> Iterator[Json]:
        """What was said about a policy (its name) or a proposal (its URN), the oldest first."""
        return self.listed(f"{_about(about)}/comments")

    def comment(self, about: str, text: str, *, answers: str | None = None) -> Json:
        """Say something about a policy or a proposal; `answers` is the URN of a comment there."""
        return self._json(self.post(f"{_about(about)}/comments", {"text": text, **given({"answers": answers})}))

    def take_back_proposal(self, proposal: str, reason: str = "") -> Json:
        """Take back one's own proposal."""
        return self._json(self.post(f"/policies/proposals/{part(proposal)}/take-back", {"reason": reason}))

    def still_right(self, policy: str, next_look: str, note: str = "") -> Json:
        """Say that a policy is right as it stands, and by which day it must be looked at next."""
        return self._json(self.post(f"/policies/{part(policy)}/review", {"next": next_look, "note": note}))


def _about(about: str) -> str:
    return f"/policies/proposals/{part(about)}" if about.startswith("urn:") else f"/policies/{part(about)}"
