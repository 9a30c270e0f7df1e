import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotators', '0005_consent_ticks'),
    ]

    operations = [
        migrations.CreateModel(
            name='SigningKeys',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=300, unique=True)),
                ('keys', models.JSONField(default=dict)),
                ('fetched_at', models.DateTimeField(null=True)),
                ('tried_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'signing keys',
            },
        ),
        migrations.CreateModel(
            name='UsedLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('link_hash', models.CharField(max_length=64, unique=True)),
                ('until', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name='annotator',
            name='signed_out_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=20)),
                ('participant', models.CharField(max_length=128)),
                ('study', models.CharField(blank=True, max_length=128)),
                ('session', models.CharField(blank=True, max_length=128)),
                ('return_url', models.CharField(blank=True, max_length=1000)),
                ('verified', models.BooleanField()),
                ('vouched_at', models.DateTimeField(blank=True, null=True)),
                ('annotator', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='identity', to='annotators.annotator')),
                ('panel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotators.panel')),
            ],
            options={
                'verbose_name_plural': 'identities',
                'constraints': [models.UniqueConstraint(fields=('panel', 'source', 'participant'), name='an_id_of_a_panel_is_one_person')],
            },
        ),
    ]
