"""The tables are those that the models describe."""

from django.core.management import call_command


def test_no_model_has_changed_without_a_migration(db):
    call_command("makemigrations", check=True, dry_run=True)
