"""What people answer for in the register; risks by their codes, without content."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.duties import DutyKind, register_duty
from risks.models import (
    Acceptance,
    Control,
    Indicator,
    Plan,
    Risk,
    Treatment,
    TreatmentAction,
    TreatmentStatus,
)
from risks.services import handover


def _code(row: Any) -> str:
    return str(row.code)


def _risk_code(row: Any) -> str:
    return str(row.risk.code)


KINDS = (
    DutyKind(
        "risk",
        _("Risk"),
        lambda at: Risk.objects.in_force(),
        "owner",
        handover.give_risk,
        words=_code,
        places="assets__site__code",
        right="risks.run_risk",
    ),
    DutyKind(
        "risk_business",
        _("Business owner of the risk"),
        lambda at: Risk.objects.in_force(),
        "business_owner",
        handover.give_business,
        words=_code,
        places="assets__site__code",
        right="risks.view_risk",
    ),
    DutyKind(
        "treatment",
        _("Treatment of the risk"),
        lambda at: Treatment.objects.filter(status=TreatmentStatus.PLANNED).select_related(
            "risk", "owner"
        ),
        "owner",
        handover.give_treatment,
        words=_risk_code,
        places="risk__assets__site__code",
        right="risks.run_risk",
    ),
    DutyKind(
        "treatment_action",
        _("Action for the risk"),
        lambda at: TreatmentAction.objects.planned().select_related("treatment__risk", "owner"),
        "owner",
        handover.give_action,
        words=lambda row: str(row.treatment.risk.code),
        places="treatment__risk__assets__site__code",
        right="risks.view_risk",
    ),
    DutyKind(
        "acceptance",
        _("Decides about the acceptance of"),
        lambda at: Acceptance.objects.waiting().select_related("risk", "approver"),
        "approver",
        handover.give_acceptance,
        words=_risk_code,
        places="risk__assets__site__code",
        right="risks.accept_risk",
    ),
    DutyKind(
        "control",
        _("Control"),
        lambda at: Control.objects.in_place(),
        "owner",
        handover.give_control,
    ),
    DutyKind(
        "indicator",
        _("Indicator"),
        lambda at: Indicator.objects.in_use(),
        "owner",
        handover.give_indicator,
        words=_code,
        places="asset__site__code",
    ),
    DutyKind(
        "plan",
        _("Plan"),
        lambda at: Plan.objects.filter(retired_at=None),
        "owner",
        handover.give_plan,
        words=_code,
        places="assets__site__code",
        right="risks.run_plan",
    ),
)


def register() -> None:
    """Name every kind."""
    for kind in KINDS:
        register_duty(kind)
