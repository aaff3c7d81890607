"""Indexes of entries by act and by actor hold the position too. The table itself is not made again."""

from typing import Any

from django.db import migrations, models


def drop_single_columns(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "ledger_entry")
    for name, one in found.items():
        if one["index"] and one["columns"] in (["verb"], ["actor"]):
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_single_columns, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField("entry", "verb", models.CharField(max_length=64)),
                migrations.AlterField("entry", "actor", models.CharField(max_length=160)),
            ],
        ),
        migrations.AddIndex("entry", models.Index(fields=["verb", "position"], name="ledger_entry_verb_position")),
        migrations.AddIndex("entry", models.Index(fields=["actor", "position"], name="ledger_entry_actor_position")),
    ]
