import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotators', '0003_quotas'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='annotator',
            name='standing',
            field=models.CharField(choices=[('active', 'active'), ('paused', 'paused'), ('ended', 'ended'), ('screened-out', 'screened out'), ('withdrawn', 'withdrawn')], default='active', max_length=12),
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answer', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='appeals', to='annotators.annotator')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('answered_at', None)), fields=('annotator',), name='one_open_appeal_each')],
            },
        ),
        migrations.CreateModel(
            name='PayEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('survey', 'questions about you'), ('practice', 'practice'), ('conversation', 'conversations'), ('waiting', 'waiting for answers'), ('failed-set', 'answers that could not be written'), ('screened-out', 'coming, though there was no place')], max_length=12)),
                ('subject', models.BigIntegerField(default=0)),
                ('because', models.CharField(blank=True, max_length=20)),
                ('turns', models.PositiveSmallIntegerField(default=0)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=9)),
                ('currency', models.CharField(max_length=3)),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pay_entries', to='annotators.annotator')),
            ],
            options={
                'verbose_name_plural': 'pay entries',
                'constraints': [models.UniqueConstraint(fields=('annotator', 'reason', 'subject'), name='one_entry_per_person_reason_and_subject'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='nobody_owes_us_anything')],
            },
        ),
        migrations.CreateModel(
            name='StandingChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('flagged', 'flagged'), ('paused', 'paused'), ('resumed', 'let go on'), ('ended', 'ended')], max_length=10)),
                ('rule', models.CharField(blank=True, choices=[('', 'a researcher decided'), ('attention', 'attention checks missed'), ('repeat', 'other choices when asked again'), ('timing', 'faster than others in the same language on the same kind of device')], max_length=10)),
                ('numbers', models.JSONField(blank=True, default=dict)),
                ('reason', models.TextField(blank=True)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='standing_changes', to='annotators.annotator')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('by', None), models.Q(('rule', ''), _negated=True)), models.Q(('by__isnull', False), ('rule', '')), _connector='OR'), name='a_rule_or_a_researcher_decides'), models.CheckConstraint(condition=models.Q(('by__isnull', False), ('kind__in', ['flagged', 'paused']), _connector='OR'), name='machines_flag_or_pause'), models.CheckConstraint(condition=models.Q(('by', None), models.Q(('kind__in', ['paused', 'ended']), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='who_stops_a_person_says_why')],
            },
        ),
    ]
