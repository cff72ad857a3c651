"""The Celery app. Its messages are doorbells: they carry the id of a row and nothing else."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bcp_portal.settings")

app = Celery("siaga")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["bcp_portal.engine"])
app.conf.beat_schedule = {
    "sweeps": {
        "task": "engine.sweep_for_worker",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    }
}


@setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Leave logging as the settings describe it."""
