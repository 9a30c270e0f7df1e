from django.db import migrations, models

import exports.models


class Migration(migrations.Migration):

    dependencies = [
        ('exports', '0002_released_people'),
    ]

    operations = [
        migrations.AddField(
            model_name='release',
            name='beside_parquet',
            field=models.JSONField(default=exports.models.csv_beside_parquet),
        ),
    ]
