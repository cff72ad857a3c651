"""What this room reports into the frame of every page."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.selectors.campaigns import questions_owed
from assets.selectors.my_signatures import to_sign
from bcp_portal.accounts.models import User
from bcp_portal.frame import FrameTask


def my_tasks(request: HttpRequest) -> Iterator[FrameTask]:
    """Signatures and answers that wait for this person."""
    if not isinstance(request.user, User):
        return
    for one in to_sign(request.user, at=timezone.now()):
        words = _("Sign the objectives of %(code)s") % {"code": one.proposal.asset.code}
        yield FrameTask(
            label=words,
            url=reverse("assets:objective", args=[one.proposal.asset.code]),
            kind="signature",
        )
    for question in questions_owed(request.user):
        yield FrameTask(
            label=_("Say what an outage of %(code)s does") % {"code": question.asset.code},
            url=reverse("assets:impact_answer", args=[question.asset.code]),
            kind="impact",
            due_at=question.campaign.due_at,
        )
