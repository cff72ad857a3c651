"""What people answer for in this room."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Delegation, ImpactQuestion, Signatory, SiteAssignment
from assets.services import handover
from assets.services.signatory import end_delegations
from bcp_portal.accounts.duties import DutyKind, register_duty
from bcp_portal.accounts.hooks import DepartureEnd, register_departure_end
from bcp_portal.accounts.models import User


def _place(row: SiteAssignment) -> str:
    return str(row.site or row.region)


def _office(row: Any) -> str:
    return str(row.get_role_display())


def delegation_words(person: User, at: datetime) -> list[str]:
    """The delegations that end with a leaver, each as a line."""
    rows = Delegation.objects.unfinished_of(person, at).select_related("delegator", "delegate")
    return [
        _("%(of)s lets %(to)s sign until %(day)s")
        % {"of": row.delegator.name, "to": row.delegate.name, "day": f"{row.ends_at:%Y-%m-%d}"}
        for row in rows
    ]


KINDS = (
    DutyKind(
        "site_assignment",
        _("Looks after"),
        lambda at: SiteAssignment.objects.select_related("site", "region"),
        "user",
        handover.give_assignment,
        words=_place,
        places="site__code",
        right="assets.view_site",
    ),
    DutyKind(
        "asset_business",
        _("Business owner of the asset"),
        lambda at: Asset.objects.in_use(),
        "business_owner",
        handover.give_business,
        places="site__code",
        right="assets.view_asset",
    ),
    DutyKind(
        "asset_technical",
        _("Technical owner of the asset"),
        lambda at: Asset.objects.in_use(),
        "technical_owner",
        handover.give_technical,
        places="site__code",
        right="assets.view_asset",
    ),
    DutyKind(
        "signatory",
        _("Signs recovery objectives as"),
        lambda at: Signatory.objects.filter(ended_at=None),
        "user",
        handover.give_office,
        words=_office,
        right="assets.sign_target",
    ),
    DutyKind(
        "impact_question",
        _("Is asked about the impact of an outage"),
        lambda at: ImpactQuestion.objects.waiting().select_related("asset", "campaign"),
        "owner",
        handover.give_question,
        places="asset__site__code",
        right="assets.answer_impact",
    ),
)


def register() -> None:
    """Name every kind, and what ends when somebody leaves."""
    register_departure_end(DepartureEnd("delegations_ended", end_delegations, delegation_words))
    for kind in KINDS:
        register_duty(kind)
