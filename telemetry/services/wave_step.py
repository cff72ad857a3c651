"""What the engine does with a running plan: each step whole by itself, so a kill costs nothing.

A step reads what is, and writes what follows in one transaction. Done twice it finds the first
one's work; killed in the middle it never happened.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_noop

from assets.models import Site
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from telemetry.models import (
    ApprovalClass,
    Order,
    OrderAction,
    OrderStatus,
    PlanStatus,
    Signal,
    SignalRule,
    SiteState,
    Wave,
    WavePlan,
    WaveSite,
    WaveStatus,
)
from telemetry.models.observer import UNSEEING, ObserverState
from telemetry.models.order import LIVE_STATUSES, REACHABLE
from telemetry.models.wave import PLAN_LIFECYCLE, Lane
from telemetry.ordering.classes import LEASE
from telemetry.services.order import Instruction, make_order
from telemetry.services.order_effect import enact, end_order
from telemetry.services.signal import Claim, assert_claim, close_signal
from telemetry.waves.health import Gate, Health, p95_ms, read_health

_AN_HOUR_S = 3600
_MOVING = (WaveStatus.DRAINING, WaveStatus.GATING)


def advance_waves(*, at: datetime) -> str:
    """Bring every running plan a step further; each in a transaction of its own."""
    if ObserverState.objects.filter(sight__in=UNSEEING).exists():
        return "we cannot see; nothing is concluded"
    plans = list(WavePlan.objects.moving().order_by("pk"))
    for plan in plans:
        step_plan(plan=plan, at=at)
    return f"{len(plans)} plans"


@verb
def step_plan(*, plan: WavePlan, at: datetime) -> None:
    """One step: judge the wave that runs, or start the next."""
    locked = WavePlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if locked.status not in (PlanStatus.RUNNING, PlanStatus.LATE):
        return
    waves = list(locked.waves.prefetch_related("members__site"))
    for wave in waves:
        _release_stragglers(locked, wave, at=at)
    moving = next((wave for wave in waves if wave.status in _MOVING), None)
    if moving is not None:
        _judge(locked, moving, at=at)
    else:
        _start_next(locked, waves, at=at)


@verb
def start_plan(*, plan: WavePlan, at: datetime) -> None:
    """Hold everybody back, then let the canary go."""
    PLAN_LIFECYCLE.check(PlanStatus(plan.status), PlanStatus.RUNNING)
    sites = list(Site.objects.filter(wave_memberships__wave__plan=plan).distinct().order_by("pk"))
    plan.hold_order = _order(plan, OrderAction.HOLD, sites, at=at)
    plan.base_p95_ms = p95_ms(since=_before(at), until=at)
    plan.status, plan.started_at = PlanStatus.RUNNING, at
    plan.save()
    step_plan(plan=plan, at=at)
    _tell(plan, at=at)


@verb
def go_on(*, plan: WavePlan, at: datetime) -> None:
    """Two people say that it may go on: the paused wave is judged afresh from now."""
    _move(plan, PlanStatus.RUNNING, at=at)
    plan.waves.filter(status=WaveStatus.PAUSED).update(
        status=WaveStatus.DRAINING, started_at=at, gate_from=None
    )
    step_plan(plan=plan, at=at)


@verb
def skip_wave(*, plan: WavePlan, at: datetime) -> None:
    """Two people leave the wave that stopped behind: its sites stand still, the next one goes."""
    for wave in plan.waves.filter(status__in=(*_MOVING, WaveStatus.PAUSED)):
        freeze_wave(wave=wave, how=WaveStatus.SKIPPED, at=at)
    _move(plan, PlanStatus.RUNNING, at=at)
    step_plan(plan=plan, at=at)


@verb
def freeze_wave(*, wave: Wave, how: WaveStatus, at: datetime) -> None:
    """Take back the permission of a wave; what the plan holds back stands still again."""
    permit = wave.permit_order
    if permit is not None and permit.status in LIVE_STATUSES:
        end_order(order=permit, how=OrderStatus.LIFTED, actor=None, at=at)
    if wave.status not in (WaveStatus.PASSED, WaveStatus.FAILED):
        wave.status, wave.ended_at = how, at
        wave.save(update_fields=["status", "ended_at"])


def _start_next(plan: WavePlan, waves: Sequence[Wave], *, at: datetime) -> None:
    waiting = [wave for wave in waves if wave.status == WaveStatus.WAITING]
    main = [wave for wave in waiting if wave.lane == Lane.MAIN]
    if main:
        _start(plan, main[0], at=at)
    elif not waiting:
        _move(plan, PlanStatus.DONE, at=at)
    elif (back := _first_back(waiting)) is not None:
        # Dark sites come home later, and one at a time.
        _start(plan, back, at=at)
    elif plan.status != PlanStatus.LATE:
        _move(plan, PlanStatus.LATE, at=at)


def _first_back(waiting: Sequence[Wave]) -> Wave | None:
    sites = {member.site_id: wave for wave in waiting for member in wave.members.all()}
    back = SiteState.objects.filter(
        site_id__in=sites, node_state__in=[str(state) for state in REACHABLE]
    )
    first = back.order_by("last_received_at").values_list("site_id", flat=True).first()
    return None if first is None else sites[first]


def _start(plan: WavePlan, wave: Wave, *, at: datetime) -> None:
    members = list(wave.members.all())
    waiting = dict(
        SiteState.objects.filter(site_id__in=[m.site_id for m in members]).values_list(
            "site_id", "pending_records"
        )
    )
    for member in members:
        member.started_records = waiting.get(member.site_id, 0)
    WaveSite.objects.bulk_update(members, ["started_records"])
    wave.permit_order = _order(
        plan, OrderAction.PERMIT, [member.site for member in members], at=at, rate=wave.rate
    )
    wave.status, wave.started_at, wave.gate_from = WaveStatus.DRAINING, at, None
    wave.save()
    if plan.status == PlanStatus.LATE:
        _move(plan, PlanStatus.RUNNING, at=at)
    audit(action="wave.start", obj=plan, actor=None, at=at, after={"wave": wave.position})
    _tell(plan, at=at)


def _judge(plan: WavePlan, wave: Wave, *, at: datetime) -> None:
    gate = Gate.of(plan.gate)
    members = [member for member in wave.members.all() if not member.is_straggler]
    health = _health(plan, wave, members, at=at)
    _note_drained(members, gate, at=at)
    if health.is_unsound(gate):
        freeze_wave(wave=wave, how=WaveStatus.FAILED, at=at)
        _stop(plan, wave, health, f"{health.mismatches} digests do not agree", at=at)
    elif faults := health.faults(gate):
        wave.status = WaveStatus.PAUSED
        _stop(plan, wave, health, "; ".join(faults), at=at)
    elif wave.status == WaveStatus.DRAINING:
        _drain(plan, wave, members, health, gate, at=at)
    elif wave.gate_from is not None and at - wave.gate_from >= gate.watch_for:
        _pass(plan, wave, members, at=at)
    _note(wave, health)


def _health(plan: WavePlan, wave: Wave, members: Sequence[WaveSite], *, at: datetime) -> Health:
    return read_health(
        [member.site_id for member in members],
        since=wave.started_at or at,
        until=at,
        started_records=sum(member.started_records or 0 for member in members),
        base_p95_ms=plan.base_p95_ms,
    )


def _note_drained(members: Sequence[WaveSite], gate: Gate, *, at: datetime) -> None:
    open_ = {member.site_id: member for member in members if member.drained_at is None}
    states = SiteState.objects.filter(site_id__in=open_).values_list("site_id", "pending_records")
    for site_id, pending in states:
        member = open_[site_id]
        if pending <= (member.started_records or 0) * (1 - gate.drained_share):
            member.drained_at = at
            member.save(update_fields=["drained_at"])


def _drain(
    plan: WavePlan,
    wave: Wave,
    members: Sequence[WaveSite],
    health: Health,
    gate: Gate,
    *,
    at: datetime,
) -> None:
    if health.drained >= gate.drained_share:
        wave.status, wave.gate_from = WaveStatus.GATING, at
        return
    if wave.started_at is None or (at - wave.started_at).total_seconds() < gate.drain_limit_s:
        return
    slow = [member for member in members if member.drained_at is None]
    if len(slow) == len(members):
        wave.status = WaveStatus.PAUSED
        _stop(plan, wave, health, "nothing came home", at=at)
        return
    WaveSite.objects.filter(pk__in=[member.pk for member in slow]).update(is_straggler=True)
    wave.status, wave.gate_from = WaveStatus.GATING, at


def _pass(plan: WavePlan, wave: Wave, members: Sequence[WaveSite], *, at: datetime) -> None:
    wave.status, wave.ended_at = WaveStatus.PASSED, at
    _release(plan, wave, members, at=at)
    audit(action="wave.pass", obj=plan, actor=None, at=at, after={"wave": wave.position})
    _tell(plan, at=at)


def _release_stragglers(plan: WavePlan, wave: Wave, *, at: datetime) -> None:
    late = [m for m in wave.members.all() if m.is_straggler and not m.is_released]
    if late:
        _note_drained(late, Gate.of(plan.gate), at=at)
        _release(plan, wave, [member for member in late if member.drained_at], at=at)


def _release(plan: WavePlan, wave: Wave, members: Sequence[WaveSite], *, at: datetime) -> None:
    """Set sites free. First they are no longer held, then they need no permission any more."""
    site_ids = [member.site_id for member in members]
    if not site_ids:
        return
    for order in (plan.hold_order, wave.permit_order):
        if order is not None and order.status in LIVE_STATUSES:
            end_order(order=order, how=OrderStatus.LIFTED, actor=None, at=at, site_ids=site_ids)
    WaveSite.objects.filter(pk__in=[member.pk for member in members]).update(is_released=True)


def _stop(plan: WavePlan, wave: Wave, health: Health, why: str, *, at: datetime) -> None:
    plan.paused_why = f"{wave.position}: {why}"[:300]
    _move(plan, PlanStatus.PAUSED, at=at)
    _note(wave, health)
    assert_claim(
        claim=Claim(
            rule=SignalRule.ORDER_ALONE,
            key=f"wave:{plan.code}",
            severity=2,
            title=gettext_noop("%(code)s has stopped and waits for people: %(why)s"),
            params={"code": plan.code, "why": why},
            began_at=at,
        ),
        at=at,
    )


def _note(wave: Wave, health: Health) -> None:
    wave.findings = health.as_json()
    wave.save()


def _move(plan: WavePlan, status: PlanStatus, *, at: datetime) -> None:
    PLAN_LIFECYCLE.check(PlanStatus(plan.status), status)
    plan.status = status
    if status == PlanStatus.DONE:
        plan.ended_at = at
    if status == PlanStatus.RUNNING:
        plan.paused_why = ""
        for signal in Signal.objects.open().filter(
            rule=SignalRule.ORDER_ALONE, key=f"wave:{plan.code}"
        ):
            close_signal(signal=signal, at=at)
    plan.save()
    audit(action=f"wave.{status}", obj=plan, actor=None, at=at, reason=plan.paused_why)
    _tell(plan, at=at)


def _order(
    plan: WavePlan,
    action: OrderAction,
    sites: Sequence[Site],
    *,
    at: datetime,
    rate: int | None = None,
) -> Order:
    """An order of the plan: asked for by one, approved by another, as the plan was."""
    is_permit = action == OrderAction.PERMIT
    order = make_order(
        Instruction(
            action=action,
            reason=f"{plan.code}: {plan.reason}"[:500],
            rate=rate,
            lease=LEASE if is_permit else None,
        ),
        sites,
        actor=plan.asked_by or plan.requested_by,
        letter=ApprovalClass.B,
        at=at,
    )
    order.confirmed_by, order.confirmed_at = plan.approved_by, at
    return enact(order=order, actor=None, at=at)


def _before(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() - _AN_HOUR_S, at.tzinfo)


def _tell(plan: WavePlan, *, at: datetime) -> None:
    publish(topic="waves", kind=plan.status, at=at, permission="telemetry.view_order")
