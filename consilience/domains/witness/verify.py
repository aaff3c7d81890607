"""Whether the stored cosignatures still are what witnesses signed about these heads."""

from __future__ import annotations

from collections.abc import Iterator

from consilience.domains.ledger import notes
from consilience.domains.ledger.models import Checkpoint
from consilience.domains.witness import cosignatures
from consilience.domains.witness.models import Cosignature
from consilience.kit.errors import BadInput


def problems() -> Iterator[str]:
    """A sentence for each stored line that is no cosignature, by its witness, of the head over its size."""
    for row in Cosignature.objects.order_by("size", "key").iterator(chunk_size=2000):
        note = Checkpoint.objects.filter(size=row.size).values_list("note", flat=True).first()
        about = f"the cosignature over {row.size} entries by {str(row.key).partition('+')[0]}"
        try:
            held = notes.read(cosignatures.added(note or "", [row.line]))
            if cosignatures.cosigned_at(held, cosignatures.read_key(row.key)) != row.at_s:
                yield f"{about} is not what that witness signed"
        except BadInput as error:
            yield f"{about} does not hold: it {error.problem}"
