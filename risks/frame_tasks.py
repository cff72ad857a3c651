"""What the register reports into the frame of every page."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from bcp_portal.accounts.models import User
from bcp_portal.frame import FrameTask
from risks.selectors.tasks import tasks_of


def my_tasks(request: HttpRequest) -> Iterator[FrameTask]:
    """Evidence to weigh, achievements to confirm, reviews overdue."""
    if isinstance(request.user, User):
        for label, page in tasks_of(request.user, at=timezone.now()):
            yield FrameTask(label=label, url=reverse(page), kind="risk")
