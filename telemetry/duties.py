"""What people answer for in this room."""

from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.duties import DutyKind, register_duty
from telemetry.models import ConflictCase
from telemetry.services.handover import give_conflict


def register() -> None:
    """Name the conflicts that wait for people."""
    register_duty(
        DutyKind(
            "conflict",
            _("Data conflict"),
            lambda at: ConflictCase.objects.waiting(),
            "owner",
            give_conflict,
            words=lambda row: str(row.code),
            places="places__site__code",
            right="telemetry.decide_conflict",
        )
    )
