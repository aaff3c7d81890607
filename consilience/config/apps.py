from __future__ import annotations

from django.apps import AppConfig


class StartConfig(AppConfig):
    """Hands the lists of this folder to the rooms that use them."""

    name = "consilience.config"
    label = "config"

    def ready(self) -> None:
        from consilience.config.facts import PROVIDERS
        from consilience.config.uses import FINDERS
        from consilience.domains.gate import facts
        from consilience.domains.inventory import uses

        facts.use(PROVIDERS)
        uses.use(FINDERS)
