"""Verbs of a wave plan: drawn up, asked for, approved, paused, gone on with, called off."""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from telemetry.models import Approval, ApprovalClass, PlanStatus, Wave, WavePlan, WaveSite
from telemetry.models.approval import VALID_FOR
from telemetry.models.wave import PLAN_LIFECYCLE, Asked, Lane, WaveOrder, WaveStatus
from telemetry.services.order import SamePersonError, check_fresh, check_reach
from telemetry.services.wave_step import freeze_wave, go_on, skip_wave, start_plan
from telemetry.waves.health import Gate
from telemetry.waves.plan import candidates, rate_for, share

ABOUT = "wave"
OPEN = (PlanStatus.REQUESTED, PlanStatus.RUNNING, PlanStatus.PAUSED, PlanStatus.LATE)


class PlanRefusedError(DomainError):
    """This plan cannot be made, or this cannot be done to it now."""


@verb
def plan_waves(
    *,
    order_by: WaveOrder,
    capacity: int,
    reason: str,
    actor: User,
    at: datetime,
    gate: Gate | None = None,
) -> WavePlan:
    """Draw up who goes when, from the queues as they are now; nothing is ordered yet."""
    found = candidates(actor, order_by=order_by)
    if not found.ready:
        raise PlanRefusedError(_("No reachable site has anything to bring home."))
    number = (WavePlan.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    plan = WavePlan.objects.create(
        number=number,
        code=f"WAVE-{number}",
        order_by=order_by,
        capacity=capacity,
        reason=reason.strip(),
        gate=(gate or Gate()).as_json(),
        requested_by=actor,
        created_at=at,
    )
    lanes = [(Lane.MAIN, group) for group in share(found.ready)]
    lanes += [(Lane.LATE, [one]) for one in found.dark]
    for position, (lane, group) in enumerate(lanes, start=1):
        wave = Wave.objects.create(
            plan=plan, position=position, lane=lane, rate=rate_for(capacity, len(group))
        )
        WaveSite.objects.bulk_create(
            WaveSite(
                wave=wave,
                site_id=one.site_id,
                planned_records=one.records,
                planned_bytes=one.bytes,
            )
            for one in group
        )
    audit(
        action="wave.plan",
        obj=plan,
        actor=actor,
        at=at,
        reason=plan.reason,
        after={"ready": len(found.ready), "dark": len(found.dark), "barred": found.barred[:50]},
    )
    return plan


@verb
def ask_for(
    *, plan: WavePlan, what: Asked, actor: User, at: datetime, signed_in_at: datetime | None
) -> WavePlan:
    """Ask a second person: to start, to go on after a pause, or to skip the wave that stopped."""
    check_fresh(signed_in_at, at=at)
    locked = _locked(plan)
    if what == Asked.START:
        _check_alone(locked)
        PLAN_LIFECYCLE.check(PlanStatus(locked.status), PlanStatus.REQUESTED)
        locked.status = PlanStatus.REQUESTED
    elif locked.status != PlanStatus.PAUSED:
        raise PlanRefusedError(_("%(code)s is not paused.") % {"code": locked.code})
    check_reach(_sites(locked), actor)
    locked.asked, locked.asked_by, locked.approved_by = what, actor, None
    locked.digest = _digest(locked, at=at)
    locked.save()
    Approval.objects.create(
        about=ABOUT,
        subject_id=locked.pk,
        digest=locked.digest,
        approval_class=ApprovalClass.B,
        requester=actor,
        requested_at=at,
        expires_at=at + VALID_FOR,
    )
    audit(action=f"wave.ask_{what}", obj=locked, actor=actor, at=at, after={"digest": plan.digest})
    _tell(locked, at=at)
    return locked


@verb
def approve_plan(
    *, plan: WavePlan, digest: str, actor: User, at: datetime, signed_in_at: datetime | None
) -> WavePlan:
    """Be the second person; what was asked for happens at once."""
    check_fresh(signed_in_at, at=at)
    locked = _locked(plan)
    approval = Approval.objects.filter(
        about=ABOUT, subject_id=locked.pk, digest=digest, approved_at=None, refused_at=None
    ).first()
    if not locked.asked or approval is None or digest != locked.digest or approval.expires_at <= at:
        raise PlanRefusedError(_("This is no longer what was asked for, or older than a day."))
    if actor.pk == approval.requester_id:
        raise SamePersonError(_("You asked for this yourself; somebody else must approve."))
    check_reach(_sites(locked), actor)
    approval.approver, approval.approved_at, approval.used_at = actor, at, at
    approval.save(update_fields=["approver", "approved_at", "used_at"])
    asked, locked.asked, locked.approved_by = Asked(locked.asked), "", actor
    locked.save(update_fields=["asked", "approved_by"])
    audit(action=f"wave.approve_{asked}", obj=locked, actor=actor, at=at, after={"digest": digest})
    {Asked.START: start_plan, Asked.RESUME: go_on, Asked.SKIP: skip_wave}[asked](plan=locked, at=at)
    return locked


@verb
def pause_plan(*, plan: WavePlan, reason: str, actor: User, at: datetime) -> WavePlan:
    """Stop before the next wave; the safe direction takes one person."""
    locked = _locked(plan)
    PLAN_LIFECYCLE.check(PlanStatus(locked.status), PlanStatus.PAUSED)
    locked.status, locked.paused_why = PlanStatus.PAUSED, reason.strip()[:300]
    locked.save(update_fields=["status", "paused_why"])
    audit(action="wave.pause", obj=locked, actor=actor, at=at, reason=reason)
    _tell(locked, at=at)
    return locked


@verb
def call_off_plan(*, plan: WavePlan, reason: str, actor: User, at: datetime) -> WavePlan:
    """Give the plan up: who is home stays home, all others stand still until somebody lifts it."""
    locked = _locked(plan)
    PLAN_LIFECYCLE.check(PlanStatus(locked.status), PlanStatus.CANCELLED)
    for wave in locked.waves.all():
        freeze_wave(wave=wave, how=WaveStatus.SKIPPED, at=at)
    locked.status, locked.ended_at, locked.asked = PlanStatus.CANCELLED, at, ""
    locked.save(update_fields=["status", "ended_at", "asked"])
    audit(action="wave.call_off", obj=locked, actor=actor, at=at, reason=reason)
    _tell(locked, at=at)
    return locked


def _check_alone(plan: WavePlan) -> None:
    others = WavePlan.objects.filter(status__in=OPEN).exclude(pk=plan.pk)
    if others.exists():
        raise PlanRefusedError(_("Another plan is under way; end it first."))


def _sites(plan: WavePlan) -> list[Site]:
    return list(Site.objects.filter(wave_memberships__wave__plan=plan).distinct())


def _digest(plan: WavePlan, *, at: datetime) -> str:
    members = WaveSite.objects.filter(wave__plan=plan).values_list("wave__position", "site__code")
    content = {
        "code": plan.code,
        "asked": plan.asked,
        "by": plan.asked_by_id,
        "at": at,
        "capacity": plan.capacity,
        "gate": plan.gate,
        "order_by": plan.order_by,
        "members": sorted(members),
    }
    return sha256_hex(canonical_json(content))


def _locked(plan: WavePlan) -> WavePlan:
    return WavePlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)


def _tell(plan: WavePlan, *, at: datetime) -> None:
    publish(topic="waves", kind=plan.status, at=at, permission="telemetry.view_order")
