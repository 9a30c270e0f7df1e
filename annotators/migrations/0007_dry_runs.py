from django.db import migrations, models

ORIGIN = {'choices': [('real', 'real'), ('dry-run', 'dry run')], 'db_default': 'real', 'default': 'real', 'max_length': 8}


class Migration(migrations.Migration):

    dependencies = [
        ('annotators', '0006_origins'),
    ]

    operations = [
        migrations.AddField(model_name='panel', name='origin', field=models.CharField(**ORIGIN)),
        migrations.AddField(model_name='annotator', name='panel_origin', field=models.CharField(**ORIGIN)),
        migrations.AddConstraint(
            model_name='panel',
            constraint=models.UniqueConstraint(fields=('id', 'origin'), name='a_panel_has_one_origin'),
        ),
        # A key of two columns, which Django has no word for.
        migrations.RunSQL(
            sql='''
                ALTER TABLE annotators_annotator
                ADD CONSTRAINT simulated_people_stay_out_of_real_panels
                FOREIGN KEY (panel_id, panel_origin) REFERENCES annotators_panel (id, origin)
            ''',
            reverse_sql='ALTER TABLE annotators_annotator DROP CONSTRAINT simulated_people_stay_out_of_real_panels',
        ),
    ]
