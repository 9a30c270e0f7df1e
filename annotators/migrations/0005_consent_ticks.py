from django.db import migrations, models


def keep_the_latest(apps, schema_editor):
    """Of the versions that a person accepted one after the other, the last one is in force."""
    Consent = apps.get_model("annotators", "Consent")
    standing = Consent.objects.filter(withdrawn_at=None)
    later = standing.filter(annotator=models.OuterRef("annotator"), pk__gt=models.OuterRef("pk"))
    standing.filter(models.Exists(later)).update(
        replaced_at=models.Subquery(later.order_by("pk").values("accepted_at")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("annotators", "0004_standing_and_pay")]

    operations = [
        migrations.AddField("ConsentText", "licence", models.CharField(blank=True, default="", max_length=100), False),
        migrations.AddField("ConsentText", "facts", models.JSONField(blank=True, default=dict)),
        # Until now one yes covered the storing and publishing of all answers; nothing was said of training.
        migrations.AddField("Consent", "sensitive", models.BooleanField(default=True), False),
        migrations.AddField("Consent", "publication", models.BooleanField(default=True), False),
        migrations.AddField("Consent", "verbatim", models.BooleanField(default=True), False),
        migrations.AddField("Consent", "training", models.BooleanField(default=False), False),
        migrations.AddField("Consent", "replaced_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(keep_the_latest, migrations.RunPython.noop),
        migrations.RemoveConstraint("Consent", "a_consent_text_is_accepted_once"),
        migrations.AddConstraint(
            "Consent",
            models.UniqueConstraint(
                condition=models.Q(("replaced_at", None), ("withdrawn_at", None)),
                fields=("annotator",),
                name="one_consent_in_force_each",
            ),
        ),
        migrations.AlterField(
            "Annotator",
            "standing",
            models.CharField(
                choices=[
                    ("active", "active"),
                    ("paused", "paused"),
                    ("ended", "ended"),
                    ("screened-out", "screened out"),
                    ("left", "left"),
                    ("withdrawn", "withdrawn"),
                ],
                default="active",
                max_length=12,
            ),
        ),
    ]
