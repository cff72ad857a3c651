"""Verbs of an indicator: introduce it, type its value, read the live ones, retire it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.changes import BadFactsError, check_row, need_reason, plain, set_fields
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from risks.indicators.readings import READINGS, Measured
from risks.models import Indicator, IndicatorStatus, IndicatorValue, Risk
from risks.services.risk import tell
from risks.services.telling import tell_people

INDICATOR_FACTS = (
    "name",
    "name_id",
    "description",
    "reading",
    "asset",
    "unit",
    "higher_is_worse",
    "watch_at",
    "act_at",
    "stale_after",
    "owner",
)
# A value that stays as it is becomes a point of the history this often, so that a flat line is one.
KEPT_EVERY = timedelta(hours=6)


class IndicatorRetiredError(DomainError):
    """Nobody looks at this indicator any more."""


@verb
def introduce_indicator(
    *,
    facts: Mapping[str, Any],
    risks: Iterable[Risk] = (),
    code: str = "",
    actor: User | None,
    at: datetime,
) -> Indicator:
    """Say what is measured, by which limits, and which risks it warns of."""
    indicator = Indicator(code=code or _next_code())
    set_fields(indicator, facts, INDICATOR_FACTS)
    _check(indicator)
    indicator.save()
    watched = sorted(risks, key=lambda risk: risk.code)
    indicator.risks.set(watched)
    after = {"code": indicator.code} | {name: plain(getattr(indicator, name)) for name in facts}
    after["risks"] = ", ".join(risk.code for risk in watched)
    audit(action="indicator.introduce", obj=indicator, actor=actor, at=at, after=after)
    tell(at=at)
    return indicator


@verb
def edit_indicator(
    *,
    indicator: Indicator,
    facts: Mapping[str, Any],
    risks: Iterable[Risk] | None = None,
    actor: User,
    at: datetime,
) -> Indicator:
    """Correct an indicator; the present value is judged by the new limits at once."""
    indicator = _lock(indicator)
    before, after = set_fields(indicator, facts, INDICATOR_FACTS)
    _check(indicator)
    _judge(indicator, indicator.value, at=at)
    indicator.save()
    if risks is not None:
        old = sorted(indicator.risks.values_list("code", flat=True))
        watched = sorted({risk.code: risk for risk in risks}.items())
        if old != [code for code, _risk in watched]:
            indicator.risks.set([risk for _code, risk in watched])
            before["risks"] = ", ".join(old)
            after["risks"] = ", ".join(code for code, _risk in watched)
    if after:
        audit(
            action="indicator.edit",
            obj=indicator,
            actor=actor,
            at=at,
            before=before,
            after=after,
        )
        tell(at=at)
    return indicator


@verb
def record_value(
    *,
    indicator: Indicator,
    value: float,
    note: str = "",
    measured_at: datetime | None = None,
    actor: User,
    at: datetime,
) -> Indicator:
    """Type the value of an indicator that nothing measures by itself."""
    indicator = _lock(indicator)
    if indicator.reading:
        raise BadFactsError(_("%(code)s reads its value by itself.") % {"code": indicator.code})
    when = measured_at or at
    if when > at:
        raise BadFactsError(_("A value cannot be measured in the future."))
    if indicator.measured_at and when < indicator.measured_at:
        raise BadFactsError(_("There is a newer value already."))
    before = {"value": indicator.value}
    was = indicator.status
    _write(indicator, value, measured_at=when, actor=actor, note=note, at=at)
    audit(
        action="indicator.record",
        obj=indicator,
        actor=actor,
        at=at,
        reason=note,
        before=before,
        after={"value": value, "status": indicator.status},
    )
    if indicator.status == IndicatorStatus.ACT != was:
        _warn(indicator, at=at)
    tell(at=at)
    return indicator


@verb
def retire_indicator(*, indicator: Indicator, reason: str, actor: User, at: datetime) -> Indicator:
    """Stop looking at an indicator; its values stay."""
    indicator = _lock(indicator)
    waiting = indicator.tripwires.filter(acceptance__ended_at=None, sprung_at=None)
    if waiting.exists():
        raise BadFactsError(_("An acceptance hangs on this indicator; end that one first."))
    indicator.retired_at = at
    indicator.save(update_fields=["retired_at"])
    audit(action="indicator.retire", obj=indicator, actor=actor, at=at, reason=need_reason(reason))
    tell(at=at)
    return indicator


def read_indicators(*, at: datetime) -> str:
    """Read every live indicator; run again and again. One set of queries for each reading."""
    live = list(Indicator.objects.live().select_related("owner").order_by("pk"))
    measured: dict[str, Measured] = {}
    for key in {one.reading for one in live} & READINGS.keys():
        measured[key] = READINGS[key].measure(at)
    moved = take_readings(measured=measured, at=at) if measured else 0
    return f"{len(live)} read, {moved} changed"


@verb
def take_readings(*, measured: Mapping[str, Measured], at: datetime) -> int:
    """Write down what was measured; whoever answers for an indicator hears when it tips over."""
    moved = 0
    still: list[int] = []
    newest = IndicatorValue.objects.filter(indicator=OuterRef("pk")).order_by("-measured_at")
    live = Indicator.objects.live().filter(reading__in=measured).select_related("owner")
    kept = live.annotate(kept_at=Subquery(newest.values("measured_at")[:1]))
    kept_at = dict(kept.values_list("pk", "kept_at"))
    for one in live.select_for_update(of=("self",)).order_by("pk"):
        value = READINGS[one.reading].of(measured[one.reading], one.asset_id)
        value = None if value is None else round(value, 3)
        last = kept_at.get(one.pk)
        is_recent = last is not None and at - last < KEPT_EVERY
        if value == one.value and is_recent:
            still.append(one.pk)
        else:
            moved += _take(one, value, at=at)
    Indicator.objects.filter(pk__in=still).update(measured_at=at)
    if moved:
        tell(at=at)
    return moved


def _take(indicator: Indicator, value: float | None, *, at: datetime) -> bool:
    same = value == indicator.value
    was = indicator.status
    _write(indicator, value, measured_at=at, actor=None, note="", at=at)
    if indicator.status == IndicatorStatus.ACT != was:
        audit(
            action="indicator.tip",
            obj=indicator,
            actor=None,
            at=at,
            before={"status": was},
            after={"status": indicator.status, "value": value},
        )
        _warn(indicator, at=at)
    return not same


def _write(
    indicator: Indicator,
    value: float | None,
    *,
    measured_at: datetime,
    actor: User | None,
    note: str,
    at: datetime,
) -> None:
    _judge(indicator, value, at=at)
    indicator.measured_at = measured_at
    indicator.save(update_fields=["value", "status", "status_since", "measured_at"])
    IndicatorValue.objects.create(
        indicator=indicator,
        value=value,
        status=indicator.status,
        measured_at=measured_at,
        recorded_by=actor,
        note=note,
    )


def _judge(indicator: Indicator, value: float | None, *, at: datetime) -> None:
    status = indicator.judge(value)
    if status != indicator.status:
        indicator.status_since = at
    indicator.value, indicator.status = value, status


def _warn(indicator: Indicator, *, at: datetime) -> None:
    owners = [risk.owner for risk in indicator.risks.select_related("owner").in_force()]
    tell_people(
        [indicator.owner, *owners],
        gettext_noop("%(code)s “%(name)s” is past its limit: %(value)s (limit %(limit)s)."),
        {
            "code": indicator.code,
            "name": indicator.name,
            "value": f"{indicator.value:g}",
            "limit": f"{indicator.act_at:g}",
        },
        path=f"/risks/indicators/{indicator.code}/",
        at=at,
    )


def _check(indicator: Indicator) -> None:
    if indicator.reading:
        reading = READINGS.get(indicator.reading)
        if reading is None:
            raise BadFactsError(_("Nothing called “%s” is measured.") % indicator.reading)
        if indicator.asset_id and not reading.by_asset:
            raise BadFactsError(_("This reading is taken over the whole company, not by asset."))
    if indicator.stale_after <= timedelta(0):
        raise BadFactsError(_("A value must be allowed to grow at least a little old."))
    check_row(indicator)


def _lock(indicator: Indicator) -> Indicator:
    indicator = Indicator.objects.select_for_update(of=("self",)).get(pk=indicator.pk)
    if indicator.retired_at is not None:
        raise IndicatorRetiredError(_("%(code)s has been retired.") % {"code": indicator.code})
    return indicator


def _next_code() -> str:
    top = Indicator.objects.filter(code__regex=r"^KRI-[0-9]+$").order_by(
        Length("code").desc(), "-code"
    )
    last = top.values_list("code", flat=True).first() or "KRI-0"
    return f"KRI-{int(last[4:]) + 1:03d}"
