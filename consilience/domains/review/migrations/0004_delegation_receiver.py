from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0003_waiver"),
    ]

    operations = [
        migrations.RenameField(model_name="delegation", old_name="to", new_name="receiver"),
    ]
