from __future__ import annotations

from django.apps import AppConfig


class StartConfig(AppConfig):
    """Hands the lists of this folder to the rooms that use them."""

    name = "consilience.config"
    label = "config"

    def ready(self) -> None:
        from consilience.config.facts import PROVIDERS
        from consilience.domains.gate import facts

        facts.use(PROVIDERS)
