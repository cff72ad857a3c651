"""What people answer for in this room: those whose manager they are, and rights to confirm."""

from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.duties import DutyKind, register_duty
from bcp_portal.accounts.models import AccessItem, User
from bcp_portal.accounts.services.handover import give_access_item, give_report


def register() -> None:
    """Name both kinds."""
    register_duty(
        DutyKind(
            name="manager",
            label=_("Manager of"),
            rows=lambda at: User.objects.filter(is_active=True),
            holder="manager",
            give=give_report,
            words=lambda row: str(row.name),
        )
    )
    register_duty(
        DutyKind(
            name="access_item",
            label=_("Rights to confirm"),
            rows=lambda at: AccessItem.objects.pending().select_related("review", "person"),
            holder="responsible",
            give=give_access_item,
            right="accounts.decide_access",
            words=lambda row: f"{row.review.code} {row.person.name}: {row.role}",
        )
    )
