"""What this room reports into the frame of every page."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.selectors.my_signatures import to_sign
from bcp_portal.accounts.models import User
from bcp_portal.frame import FrameTask


def my_tasks(request: HttpRequest) -> Iterator[FrameTask]:
    """Signatures that wait for this person."""
    if not isinstance(request.user, User):
        return
    for one in to_sign(request.user, at=timezone.now()):
        words = _("Sign the objectives of %(code)s") % {"code": one.proposal.asset.code}
        yield FrameTask(
            label=words,
            url=reverse("assets:objective", args=[one.proposal.asset.code]),
            kind="signature",
        )
