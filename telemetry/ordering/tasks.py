"""Orders and waves that wait for this very person, for the frame of every page."""

from collections.abc import Iterator

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.frame import FrameTask
from telemetry.models import ApprovalClass, Order, OrderStatus, WavePlan
from telemetry.models.order import LIVE_STATUSES

_MOST = 8


def second_person_tasks(request: HttpRequest) -> Iterator[FrameTask]:
    """What somebody else asked for and only another may decide: two questions."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("telemetry.approve_order"):
        return
    waits = Q(status=OrderStatus.REQUESTED)
    alone = Q(approval_class=ApprovalClass.A, status__in=LIVE_STATUSES, confirmed_at=None)
    unseen = Q(is_break_glass=True, reviewed_at=None)
    orders = Order.objects.visible_to(user).exclude(requested_by=user)
    for order in orders.filter(waits | alone | unseen).order_by("-number")[:_MOST]:
        label = (
            _("Approve %(code)s")
            if order.status == OrderStatus.REQUESTED
            else (_("Review %(code)s") if order.needs_review else _("Stand by %(code)s"))
        )
        yield FrameTask(
            label=label % {"code": order.code},
            url=reverse("telemetry:order", args=[order.code]),
            kind="approval",
            due_at=order.confirm_due_at or order.review_due_at,
        )
    plans = WavePlan.objects.visible_to(user).exclude(asked="").exclude(asked_by=user)
    for plan in plans.order_by("-number")[:_MOST]:
        yield FrameTask(
            label=_("Approve %(code)s") % {"code": plan.code},
            url=reverse("telemetry:wave", args=[plan.code]),
            kind="approval",
        )
