"""The ledger of calls: due, fired, sent, answered, for every incident."""

from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from incidents.models import Delivery, DeliveryStatus, NoticeKind, RunMode


def _late(row: Delivery) -> timedelta | None:
    firing = row.notice.firing
    return None if firing is None else timedelta(seconds=max(firing.lateness_s, 0))


def _due(row: Delivery) -> datetime | None:
    return row.notice.firing.due_at if row.notice.firing else None


CALLS = lists.ListSpec(
    name="incidents.calls",
    title=_("Calls"),
    lead=_("Every call to a person: when it was due, when it left, when somebody answered."),
    columns=(
        lists.code(
            "incident",
            _("Incident"),
            value=lambda row: row.notice.incident.code,
            url="incidents:detail",
            args=("notice.incident.code",),
        ),
        lists.person(
            "person", _("Person"), value=lambda row: row.notice.person, sort="notice__person"
        ),
        lists.number(
            "level", _("Level"),
            value=lambda row: row.notice.firing.level + 1 if row.notice.firing else None,
        ),
        lists.text("channel", _("Channel"), sort=True),
        lists.badge("status", _("Status"), sort=True),
        lists.when("due_at", _("Due"), value=_due, sort="notice__firing__due_at"),
        lists.when("queued_at", _("Called"), sort=True),
        lists.when("sent_at", _("Sent"), sort=True),
        lists.when(
            "answered", _("Answered"), value=lambda row: row.notice.acknowledged_at,
            sort="notice__acknowledged_at",
        ),
        lists.duration("late", _("Late by"), value=_late),
        lists.number("attempts", _("Attempts"), shown=False),
        lists.bool_("possibly_twice", _("Possibly twice"), shown=False),
        lists.text("error", _("Error"), shown=False),
    ),
    filters=(
        lists.choice("status", _("Status"), choices=DeliveryStatus.choices),
        lists.choice("mode", _("Kind"), choices=RunMode.choices, field="notice__mode"),
        lists.dates("queued_at", _("Called")),
    ),
    search=("notice__incident__code", "notice__person__first_name", "notice__person__last_name"),
    default_sort="-queued_at",
    empty_title=_("Nobody has been called"),
    empty_text=_("Calls stand here with every journey that they took."),
)  # fmt: skip


@require_safe
@needs("incidents.view_delivery")
def call_list(request: SignedInRequest) -> HttpResponse:
    """Every call of every incident that the person may see."""
    rows = Delivery.objects.visible_to(request.user).filter(notice__kind=NoticeKind.CALL).for_list()
    return lists.list_response(request, CALLS, rows, at=timezone.now())
