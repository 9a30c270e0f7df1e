from django.db import migrations
from django.db.models.functions import Random


def draw_keys(apps, schema_editor):
    # A default is drawn once for all rows that are there; the ring needs each at a key of its own.
    apps.get_model("collection", "Overlap").objects.update(draw_key=Random())


class Migration(migrations.Migration):
    dependencies = [("collection", "0004_roles_kinds_held_tasks_and_offers")]

    operations = [migrations.RunPython(draw_keys, migrations.RunPython.noop)]
