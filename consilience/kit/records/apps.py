from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class RecordsConfig(AppConfig):
    name = "consilience.kit.records"
    label = "records"

    def ready(self) -> None:
        # Sent once all tables have migrated, whatever the app: a migration may have rebuilt any of them.
        post_migrate.connect(_guard, sender=self, dispatch_uid="consilience.records.triggers")


def _guard(*, using: str, **_: Any) -> None:
    from consilience.kit.records import triggers

    triggers.install(connections[using])
