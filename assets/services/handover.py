"""Verbs that give the assets, sites, offices and questions of one person to another."""

from datetime import datetime

from assets.models import Asset, ImpactQuestion, Signatory, SiteAssignment
from assets.services.asset import edit_asset
from assets.services.signatory import appoint_signatory, dismiss_signatory
from assets.services.site_assignment import assign_site, withdraw_assignment
from bcp_portal.accounts.models import User
from bcp_portal.accounts.services.handover import give_row
from bcp_portal.audit.verbs import verb


@verb
def give_business(*, row: Asset, to: User, actor: User, at: datetime) -> None:
    """Name another business owner."""
    edit_asset(asset=row, facts={"business_owner": to}, actor=actor, at=at)


@verb
def give_technical(*, row: Asset, to: User, actor: User, at: datetime) -> None:
    """Name another technical owner."""
    edit_asset(asset=row, facts={"technical_owner": to}, actor=actor, at=at)


@verb
def give_assignment(*, row: SiteAssignment, to: User, actor: User, at: datetime) -> None:
    """Let somebody else look after a site or a region."""
    assign_site(user=to, site=row.site, region=row.region, actor=actor, at=at)
    withdraw_assignment(assignment=row, actor=actor, at=at)


@verb
def give_office(*, row: Signatory, to: User, actor: User, at: datetime) -> None:
    """Let somebody else sign from now on; what was signed stands."""
    dismiss_signatory(signatory=row, actor=actor, at=at)
    if not Signatory.objects.filter(role=row.role, user=to, ended_at=None).exists():
        appoint_signatory(role=row.role, user=to, actor=actor, at=at)


@verb
def give_question(*, row: ImpactQuestion, to: User, actor: User, at: datetime) -> None:
    """Ask somebody else what an outage does."""
    give_row(row=row, to=to, actor=actor, at=at, holder="owner", action="impact.hand_over")
