"""The building: wiring at the top, platform rooms inside, shared tools at the bottom."""

from bcp_portal.celery import app as celery_app

__all__ = ["celery_app"]
