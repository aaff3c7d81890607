"""The model card of a version."""

from __future__ import annotations

from ninja import Router

from consilience.domains.assess import queries, rules
from consilience.surfaces.api.shared import Out, Reference, Request, operation, present

router = Router(tags=["evidence"])


class CardSectionOut(Out):
    section: str
    title: str
    functions: list[str]
    """Who answers for it."""
    text: str | None
    """What somebody wrote; null where nobody did, or it was erased."""
    document: str | None
    drawn: list[str]
    """What the inventory and the evidence say."""


class CardOut(Out):
    reference: str
    name: str
    sections: list[CardSectionOut]
    missing: list[str]
    """Sections that nobody has written yet."""
    markdown: str
    """The card as a README, with the front matter that Hugging Face reads."""


@operation(router.get, "/versions/{reference}/card", action="evidence.read")
def card(request: Request, reference: Reference) -> CardOut:
    """Drawn up from the sections that people wrote, the inventory and the evidence that counts now."""
    found = queries.card(request.auth, reference, present())
    return CardOut(
        reference=found.reference,
        name=found.name,
        sections=[
            CardSectionOut(
                section=one.code,
                title=one.title,
                functions=list(one.owners),
                text=one.text,
                document=one.document,
                drawn=list(one.drawn),
            )
            for one in found.sections
        ],
        missing=list(found.missing),
        markdown=rules.markdown(found),
    )
