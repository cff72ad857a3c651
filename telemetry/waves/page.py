"""Read models of a wave plan: its page, with forecast, load, what each wave did and a dry run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from telemetry.models import PlanStatus, SiteState, Wave, WavePlan, WaveStatus
from telemetry.models.wave import Asked, Lane
from telemetry.ordering.moves import Move
from telemetry.waves.health import Gate, Health, read_health
from telemetry.waves.plan import Leg, forecast

_DAY = timedelta(days=1)
_NAMED = 8


@dataclass(frozen=True)
class WaveLine:
    """One wave: who is in it, how far it is, what the gate saw or would have seen yesterday."""

    wave: Wave
    sites: list[str]
    more: int
    records: int
    bytes: int
    leg: Leg | None
    drained_percent: int
    stragglers: list[str]
    dry_faults: list[str]
    gate_until: datetime | None


@dataclass(frozen=True)
class PlanPage:
    """What the page of a plan shows."""

    plan: WavePlan
    gate: Gate
    waves: list[WaveLine]
    late: list[WaveLine]
    sites: int
    home: int
    takes: timedelta
    load: list[int]
    may_approve: bool
    moves: list[Move]


def plan_page(plan: WavePlan, *, user: User, at: datetime) -> PlanPage:
    """Gather the page; a dry run asks what the gate would have said of yesterday's sessions."""
    gate = Gate.of(plan.gate)
    waves = list(plan.waves.prefetch_related("members__site").select_related("permit_order"))
    main = [wave for wave in waves if wave.lane == Lane.MAIN]
    legs = forecast([_size(wave) for wave in main], capacity=plan.capacity, gate=gate)
    waiting = _waiting(plan)
    is_draft = plan.status in (PlanStatus.DRAFT, PlanStatus.REQUESTED)

    def line(wave: Wave, leg: Leg | None) -> WaveLine:
        return _line(wave, leg, waiting, gate, dry=_dry(plan, wave, at) if is_draft else None)

    lines = [line(wave, leg) for wave, leg in zip(main, legs, strict=True)]
    late = [line(wave, None) for wave in waves if wave.lane == Lane.LATE]
    members = [member for wave in waves for member in wave.members.all()]
    return PlanPage(
        plan=plan,
        gate=gate,
        waves=lines,
        late=late,
        sites=len(members),
        home=sum(member.is_released for member in members),
        takes=sum((leg.takes for leg in legs), timedelta(0)),
        load=_load(legs, gate),
        may_approve=_may_approve(plan, user),
        moves=list(_moves(plan, user)),
    )


def _size(wave: Wave) -> tuple[int, int]:
    members = wave.members.all()
    return len(members), sum(member.planned_bytes for member in members)


def _waiting(plan: WavePlan) -> dict[int, int]:
    rows = SiteState.objects.filter(site__wave_memberships__wave__plan=plan)
    return dict(rows.values_list("site_id", "pending_records"))


def _dry(plan: WavePlan, wave: Wave, at: datetime) -> Health:
    """What the gate would see of what these sites did in the last day."""
    return read_health(
        [member.site_id for member in wave.members.all()],
        since=at - _DAY,
        until=at,
        started_records=0,
        base_p95_ms=None,
    )


def _line(
    wave: Wave, leg: Leg | None, waiting: dict[int, int], gate: Gate, *, dry: Health | None
) -> WaveLine:
    members = list(wave.members.all())
    codes = sorted(member.site.code for member in members)
    started = sum(member.started_records or 0 for member in members)
    left = sum(waiting.get(member.site_id, 0) for member in members)
    drained = 1.0 if not started else max(0.0, 1 - left / started)
    has_begun = wave.started_at is not None
    faults = dry.faults(gate) if dry else []
    if dry and dry.is_unsound(gate):
        faults = [f"{dry.mismatches} digests do not agree", *faults]
    return WaveLine(
        wave=wave,
        sites=codes[:_NAMED],
        more=max(0, len(codes) - _NAMED),
        records=sum(member.planned_records for member in members),
        bytes=sum(member.planned_bytes for member in members),
        leg=leg,
        drained_percent=_percent(wave, drained) if has_begun else 0,
        stragglers=[m.site.code for m in members if m.is_straggler and not m.is_released],
        dry_faults=faults,
        gate_until=wave.gate_from + gate.watch_for
        if wave.gate_from and wave.status == WaveStatus.GATING
        else None,
    )


def _percent(wave: Wave, drained: float) -> int:
    return 100 if wave.status == WaveStatus.PASSED else round(drained * 100)


def _load(legs: Sequence[Leg], gate: Gate) -> list[int]:
    """Bytes a second at the centre, minute by minute: what the granted rates add up to."""
    curve: list[int] = []
    for leg in legs:
        busy = max(1, round((leg.takes - gate.watch_for).total_seconds() / 60))
        curve += [leg.rate] * min(busy, 240) + [0] * max(1, gate.watch_s // 60)
    return curve[:480]


def _may_approve(plan: WavePlan, user: User) -> bool:
    is_other = plan.asked_by_id != user.pk
    return bool(plan.asked) and is_other and user.has_perm("telemetry.approve_order")


def _moves(plan: WavePlan, user: User) -> Iterator[Move]:
    why = "" if user.has_perm("telemetry.give_order") else _("Your role may not do this.")

    def move(
        label: str, name: str, *, tone: str = "", query: str = "", method: str = "post"
    ) -> Move:
        url = reverse(f"telemetry:{name}", args=[plan.code]) + query
        return Move(label, url, not why, why, tone, method=method)

    if plan.status == PlanStatus.DRAFT:
        yield move(_("Ask to start"), "wave_ask", tone="primary", query=f"?what={Asked.START}")
    if plan.status == PlanStatus.PAUSED:
        yield move(_("Ask to go on"), "wave_ask", tone="primary", query=f"?what={Asked.RESUME}")
        yield move(_("Ask to skip this wave"), "wave_ask", query=f"?what={Asked.SKIP}")
    if plan.status in (PlanStatus.RUNNING, PlanStatus.LATE):
        yield move(_("Pause"), "wave_pause", tone="danger", method="get")
    if plan.status not in (PlanStatus.DONE, PlanStatus.CANCELLED):
        yield move(_("Call off"), "wave_call_off", method="get")
