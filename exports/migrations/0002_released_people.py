import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotators", "0005_consent_ticks"), ("exports", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ReleasedPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verbatim", models.BooleanField()),
                ("conversations", models.PositiveIntegerField()),
                ("turns", models.PositiveIntegerField()),
                (
                    "annotator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotators.annotator"
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="people", to="exports.release"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "ReleasedPerson",
            models.UniqueConstraint(fields=("release", "annotator"), name="a_person_is_in_a_release_once"),
        ),
    ]
