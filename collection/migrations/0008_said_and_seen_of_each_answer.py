from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0007_dry_runs"),
        ("sampling", "0005_scores_of_compared_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="acceptable",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="comparison",
            name="better",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="comparison",
            name="exposure",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="comparison",
            name="strength",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="draft",
            name="more",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("strength", None), models.Q(("outcome", "chosen"), ("strength__range", (1, 3))), _connector="OR"
                ),
                name="only_a_choice_has_a_strength",
            ),
        ),
        migrations.AddConstraint(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(("better", ""), ("outcome", "none"), _connector="OR"),
                name="only_none_of_these_says_what_is_better",
            ),
        ),
    ]
