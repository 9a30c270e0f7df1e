import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotators', '0007_dry_runs'),
        ('collection', '0006_measured_on_the_page'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='origin',
            field=models.CharField(choices=[('real', 'real'), ('dry-run', 'dry run')], db_default='real', default='real', max_length=8),
        ),
        migrations.RunSQL(
            sql='''
                ALTER TABLE collection_study
                ADD CONSTRAINT a_study_and_its_panel_have_one_origin
                FOREIGN KEY (panel_id, origin) REFERENCES annotators_panel (id, origin)
            ''',
            reverse_sql='ALTER TABLE collection_study DROP CONSTRAINT a_study_and_its_panel_have_one_origin',
        ),
        migrations.CreateModel(
            name='DryRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('people', models.PositiveIntegerField()),
                ('seed', models.BigIntegerField()),
                ('state', models.CharField(choices=[('requested', 'waiting'), ('running', 'under way'), ('done', 'finished'), ('failed', 'failed')], default='requested', max_length=10)),
                ('people_done', models.PositiveIntegerField(default=0)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('queued_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('token', models.UUIDField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('failure', models.TextField(blank=True)),
                ('result', models.JSONField(blank=True, null=True)),
                ('of', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dry_runs', to='collection.study')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('study', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dry_run', to='collection.study')),
            ],
            options={
                'ordering': ('-pk',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['requested', 'running'])), fields=('of',), name='one_dry_run_of_a_study_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), models.Q(('lease_until__isnull', False), ('token__isnull', False)), _connector='OR'), name='a_dry_run_under_way_has_a_token_and_a_lease'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('result__isnull', False), _connector='OR'), name='a_finished_dry_run_has_a_result'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), _negated=True), models.Q(('failure', ''), _negated=True), _connector='OR'), name='a_failed_dry_run_says_why')],
            },
        ),
    ]
