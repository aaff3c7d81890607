"""Who says where a registered model is used. A new room in which models are used adds its line here."""

from __future__ import annotations

from consilience.domains.release import queries as release

FINDERS = (release.systems_proposed_in,)
