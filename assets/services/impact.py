"""Verbs of the impact analysis: owners answer, campaigns ask them, and the MTPD follows."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import check_row, plain, set_fields
from assets.impact import falls, first_intolerable
from assets.models import (
    Asset,
    ImpactAnalysis,
    ImpactCampaign,
    ImpactCategory,
    ImpactPoint,
    ImpactQuestion,
)
from assets.services.signature import recheck_signatures
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError

CAMPAIGN_DUE = "assets.impact_due"
FACTS = ("loss_per_hour", "bearable_loss", "currency", "longest_delay", "note")
Answers = Mapping[str, Mapping[timedelta, int]]


class FallingImpactError(DomainError):
    """A longer outage cannot hurt less."""


@verb
def answer_impact(
    *, asset: Asset, facts: Mapping[str, Any], points: Answers, actor: User | None, at: datetime
) -> ImpactAnalysis:
    """Say what an outage of an asset does as time goes by; what is left out stays unknown.

    The first intolerable moment is derived here, and signatures that rest on another one lapse.
    """
    Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    for category, levels in points.items():
        if falls(levels.items()):
            name = ImpactCategory(category).label
            raise FallingImpactError(
                _("%(category)s: a longer outage cannot hurt less than a shorter one.")
                % {"category": name}
            )
    analysis = ImpactAnalysis.objects.filter(asset=asset).first() or ImpactAnalysis(asset=asset)
    before, after = set_fields(analysis, facts, FACTS)
    bearing = first_intolerable(
        points,
        loss_per_hour=analysis.loss_per_hour,
        bearable_loss=analysis.bearable_loss,
        longest_delay=analysis.longest_delay,
    )
    bears = bearing.after if bearing else None
    if bears != analysis.bears:
        before["bears"], after["bears"] = plain(analysis.bears), plain(bears)
    analysis.bears = bears
    analysis.answered_by, analysis.answered_at = actor, at
    check_row(analysis)
    analysis.save()
    _put_points(analysis, points, before, after)
    told = {name: str(value) for name, value in after.items()}
    audit(action="impact.answer", obj=asset, actor=actor, at=at, before=_plain(before), after=told)
    waiting = ImpactQuestion.objects.waiting().filter(asset=asset)
    waiting.update(answered_at=at)
    recheck_signatures(changed=[asset.pk], at=at)
    publish(topic="targets", kind="impact", at=at, permission="assets.view_recoverytarget")
    publish(topic="tasks", kind="impact", at=at, permission="assets.answer_impact")
    return analysis


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if value is None else str(value) for name, value in facts.items()}


def _put_points(
    analysis: ImpactAnalysis, points: Answers, before: dict[str, Any], after: dict[str, Any]
) -> None:
    old: dict[str, list[int]] = {}
    for point in analysis.points.order_by("category", "after"):
        old.setdefault(point.category, []).append(point.level)
    new = {
        category: [level for _after, level in sorted(levels.items())]
        for category, levels in points.items()
        if levels
    }
    for category in sorted({*old, *new}):
        if old.get(category) != new.get(category):
            before[category], after[category] = old.get(category), new.get(category)
    analysis.points.all().delete()
    ImpactPoint.objects.bulk_create(
        ImpactPoint(analysis=analysis, category=category, after=moment, level=level)
        for category, levels in points.items()
        for moment, level in levels.items()
    )


@verb
def start_campaign(
    *,
    name: str,
    assets: Collection[Asset],
    due_at: datetime,
    lead: str = "",
    actor: User | None,
    at: datetime,
) -> ImpactCampaign:
    """Ask the business owner of each asset, by a date. What has no owner must get one first."""
    orphans = sorted(asset.code for asset in assets if asset.business_owner_id is None)
    if orphans:
        raise DomainError(
            _("Nobody can be asked about %(codes)s: name a business owner first.")
            % {"codes": ", ".join(orphans)}
        )
    if not assets:
        raise DomainError(_("Choose at least one asset to ask about."))
    campaign = ImpactCampaign(
        name=name.strip(), lead=lead.strip(), due_at=due_at, started_by=actor, started_at=at
    )
    check_row(campaign)
    campaign.save()
    questions = ImpactQuestion.objects.bulk_create(
        ImpactQuestion(campaign=campaign, asset=asset, owner=asset.business_owner)
        for asset in assets
        if asset.business_owner is not None
    )
    set_deadline(kind=CAMPAIGN_DUE, subject_id=campaign.pk, due_at=due_at, at=at)
    after = {"due_at": due_at.isoformat(), "assets": sorted(asset.code for asset in assets)}
    audit(action="impact.campaign", obj=campaign, actor=actor, at=at, after=after)
    for owner in {question.owner_id for question in questions}:
        publish(topic=f"inbox:{owner}", kind="impact", at=at)
    return campaign


@verb
def campaign_due(*, deadline: Deadline, at: datetime) -> None:
    """The date has come: say who still owes an answer, to them and to who asked."""
    campaign = ImpactCampaign.objects.select_for_update(of=("self",)).get(pk=deadline.subject_id)
    owing = campaign.questions.filter(answered_at=None).select_related("owner", "asset")
    if campaign.closed_at is not None or not owing:
        return
    campaign.overdue_at = at
    campaign.save(update_fields=["overdue_at"])
    codes = sorted(question.asset.code for question in owing)
    audit(action="impact.overdue", obj=campaign, actor=None, at=at, after={"assets": codes})
    people = {question.owner_id for question in owing} | {campaign.started_by_id}
    for person in people - {None}:
        publish(topic=f"inbox:{person}", kind="impact", at=at)


@verb
def close_campaign(*, campaign: ImpactCampaign, actor: User, at: datetime) -> ImpactCampaign:
    """Stop asking; what was answered stays."""
    campaign = ImpactCampaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if campaign.closed_at is not None:
        raise DomainError(_("This campaign is already closed."))
    campaign.closed_at = at
    campaign.save(update_fields=["closed_at"])
    cancel_deadlines(kind=CAMPAIGN_DUE, subject_id=campaign.pk, at=at)
    audit(action="impact.close", obj=campaign, actor=actor, at=at)
    return campaign
