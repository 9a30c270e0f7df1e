from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotators", "0007_dry_runs")]

    operations = [migrations.AddField("Annotator", "survey_at", models.FloatField(blank=True, null=True))]
