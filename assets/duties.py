"""What people answer for in this room."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from assets.models import Asset, ImpactQuestion, Signatory, SiteAssignment
from assets.services import handover
from bcp_portal.accounts.duties import DutyKind, register_duty


def _place(row: SiteAssignment) -> str:
    return str(row.site or row.region)


def _office(row: Any) -> str:
    return str(row.get_role_display())


def register() -> None:
    """Name every kind."""
    for kind in (
        DutyKind(
            "site_assignment",
            _("Looks after"),
            lambda at: SiteAssignment.objects.select_related("site", "region"),
            "user",
            handover.give_assignment,
            words=_place,
            places="site__code",
        ),
        DutyKind(
            "asset_business",
            _("Business owner of the asset"),
            lambda at: Asset.objects.in_use(),
            "business_owner",
            handover.give_business,
            places="site__code",
        ),
        DutyKind(
            "asset_technical",
            _("Technical owner of the asset"),
            lambda at: Asset.objects.in_use(),
            "technical_owner",
            handover.give_technical,
            places="site__code",
        ),
        DutyKind(
            "signatory",
            _("Signs recovery objectives as"),
            lambda at: Signatory.objects.filter(ended_at=None),
            "user",
            handover.give_office,
            words=_office,
        ),
        DutyKind(
            "impact_question",
            _("Is asked about the impact of an outage"),
            lambda at: ImpactQuestion.objects.waiting().select_related("asset", "campaign"),
            "owner",
            handover.give_question,
            places="asset__site__code",
        ),
    ):
        register_duty(kind)
