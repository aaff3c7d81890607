"""Every table of the database is a record table, the ledger, or on the list of mutable tables with its reason.

Part of `make check`: makes a workspace in a throw-away folder with the real migrations and looks at what stands there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="consilience-tables-") as folder:
        os.environ["CONSILIENCE_HOME"] = folder
        from consilience.config import workspace
        from consilience.config.home import Home

        workspace.init(Home(Path(folder)), name="Tables", zone="UTC")

        from django.db import connection

        from consilience.kit.records import registry, triggers

        tables = connection.introspection.table_names()
        unlisted = registry.unlisted(tables)
        gone = sorted((registry.MUTABLE.keys() | registry.APPEND_ONLY.keys()) - set(tables))
        unguarded = triggers.missing(connection)
        connection.close()
    for table in unlisted:
        print(f"{table}: is no record table and stands on no list of consilience/kit/records/registry.py")
    for table in gone:
        print(f"{table}: stands on a list of consilience/kit/records/registry.py, but there is no such table")
    for trigger in unguarded:
        print(f"{trigger}: was not made by the migrations")
    if not (unlisted or gone or unguarded):
        print(f"{len(tables)} tables: all are records or listed with a reason")
    return 1 if unlisted or gone or unguarded else 0


if __name__ == "__main__":
    sys.exit(main())
