"""The Celery application: jobs are found in the apps' jobs.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("counterpoint")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sampling", "collection", "exports"], related_name="jobs")
