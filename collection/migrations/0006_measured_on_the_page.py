from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0005_draw_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="device",
            field=models.CharField(
                blank=True,
                choices=[("phone", "phone"), ("tablet", "tablet"), ("computer", "computer")],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="comparison",
            name="pasted_characters",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="comparison",
            name="seconds_visible",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="turn",
            name="pasted_characters",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
