"""The lint of all policies: every scenario, severity and hour of the next fourteen days."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration
from incidents.call_lint import SEVERITIES, Duty, Gap, RungFacts, Turn, gaps, present, walk
from incidents.models import (
    EscalationLevel,
    EscalationPolicy,
    Phase,
    Playbook,
    Rotation,
    VersionStatus,
)
from incidents.selectors.absence import absences_between
from incidents.selectors.duty import channels_of

DAYS = 14


@dataclass(frozen=True)
class DayCell:
    """One day of one policy and severity: the worst hour of it."""

    day: datetime
    tone: str
    words: str


@dataclass(frozen=True)
class LintRow:
    """A policy for one severity."""

    severity: int
    cells: list[DayCell]


@dataclass(frozen=True)
class PolicyLint:
    """A policy over the coming days, what is wrong with it, and the plans that rely on it."""

    policy: EscalationPolicy
    rows: list[LintRow]
    problems: list[str]
    scenarios: list[str]
    rto: timedelta | None


@dataclass(frozen=True)
class LintPage:
    """Every policy in use."""

    days: list[datetime]
    policies: list[PolicyLint]

    @property
    def problem_count(self) -> int:
        """How much stands against them."""
        return sum(len(policy.problems) for policy in self.policies)


def lint_page(*, at: datetime) -> LintPage:
    """Lint every policy in use; a fixed number of queries."""
    start = _hour(at)
    policies = list(
        EscalationPolicy.objects.for_detail()
        .filter(retired_at=None)
        .order_by("-is_default", "name")
    )
    facts = _facts(policies, start=start)
    users = {policy.pk: _scenarios(policy) for policy in policies}
    return LintPage(
        days=[start + timedelta(days=day) for day in range(DAYS)],
        policies=[
            _policy_lint(policy, facts[policy.pk], users[policy.pk], start=start)
            for policy in policies
        ],
    )


def policy_problems(policy: EscalationPolicy, *, at: datetime) -> list[str]:
    """What the next fourteen days and the RTOs of its plans say against one policy.

    Takes a policy fetched with `for_detail()`.
    """
    start = _hour(at)
    rungs = _facts([policy], start=start)[policy.pk]
    return _problems(policy, rungs, _tightest(_scenarios(policy)), start=start)


def _policy_lint(
    policy: EscalationPolicy,
    rungs: list[RungFacts],
    scenarios: list[tuple[str, timedelta | None]],
    *,
    start: datetime,
) -> PolicyLint:
    rto = _tightest(scenarios)
    return PolicyLint(
        policy=policy,
        rows=[_row(rungs, severity, rto, start=start) for severity in SEVERITIES],
        problems=_problems(policy, rungs, rto, start=start),
        scenarios=[code for code, _rto in scenarios],
        rto=rto,
    )


def _row(
    rungs: list[RungFacts], severity: int, rto: timedelta | None, *, start: datetime
) -> LintRow:
    hours = walk(rungs, severity, start=start, hours=24 * DAYS)
    cells = []
    for day in range(DAYS):
        these = hours[24 * day : 24 * (day + 1)]
        nobody = sum(one.reached == 0 for one in these)
        empty = sum(one.first_is_empty for one in these)
        slow = [one for one in these if rto is not None and one.takes > rto]
        if nobody:
            tone, words = "act", _("nobody for %(hours)d h") % {"hours": nobody}
        elif slow:
            tone, words = "act", _("slower than the RTO")
        elif empty:
            tone, words = "watch", _("level 1 empty for %(hours)d h") % {"hours": empty}
        else:
            tone, words = "ok", format_duration(max(one.takes for one in these))
        cells.append(DayCell(these[0].at, tone, words))
    return LintRow(severity, cells)


def _problems(
    policy: EscalationPolicy, rungs: list[RungFacts], rto: timedelta | None, *, start: datetime
) -> list[str]:
    problems = [_gap_words(gap) for gap in gaps(rungs, start=start, hours=24 * DAYS)[:5]]
    takes = sum((rung.delay for rung in rungs), timedelta(0))
    if rto is not None and takes > rto:
        problems.append(
            _("Calling every level takes %(takes)s, longer than the RTO of %(rto)s.")
            % {"takes": format_duration(takes), "rto": format_duration(rto)}
        )
    return problems


def _gap_words(gap: Gap) -> str:
    values = {
        "start": date_format(localtime(gap.starts_at), "D j M H:i T"),
        "end": date_format(localtime(gap.ends_at), "D j M H:i T"),
        "severities": ", ".join(f"S{severity}" for severity in gap.severities),
    }
    if len(gap.severities) == len(SEVERITIES):
        return _("From %(start)s to %(end)s nobody would be called but the fallback.") % values
    return (
        _("From %(start)s to %(end)s nobody would be called but the fallback (%(severities)s).")
        % values
    )


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _facts(policies: Iterable[EscalationPolicy], *, start: datetime) -> dict[int, list[RungFacts]]:
    """The policies as plain values; one query for the ways to all people, one for who is away."""
    policies = list(policies)
    targets = [t for p in policies for level in p.levels.all() for t in level.targets.all()]
    people = {t.user.pk: t.user for t in targets if t.user}
    rotations: dict[int, Rotation] = {t.rotation.pk: t.rotation for t in targets if t.rotation}
    for rotation in rotations.values():
        people |= {shift.user_id: shift.user for shift in rotation.shifts.all()}
    reachable = {pk for pk, channels in channels_of(people.values()).items() if channels}
    # A policy that begins in the last hour asks about later ones, too.
    until = start + timedelta(days=2 * DAYS)
    away = absences_between(people, start, until)
    duties = {
        pk: Duty(
            tuple(
                piece
                for s in rotation.shifts.all()
                for piece in present(
                    Turn(s.starts_at, s.ends_at, s.is_override, s.user_id in reachable),
                    away.get(s.user_id, ()),
                )
            )
        )
        for pk, rotation in rotations.items()
    }
    # Somebody who is named is there all the time, but for their absences.
    named = {
        pk: Duty(tuple(present(Turn(start, until, False, pk in reachable), spans)))
        for pk, spans in away.items()
    }
    return {policy.pk: _rungs(policy, reachable, duties, named) for policy in policies}


def _rungs(
    policy: EscalationPolicy, reachable: set[int], duties: dict[int, Duty], named: dict[int, Duty]
) -> list[RungFacts]:
    return [
        RungFacts(
            delay=level.delay,
            only_for=level.only_for,
            always=any(
                t.user_id in reachable and t.user_id not in named for t in level.targets.all()
            ),
            duties=tuple(_duties(level, duties, named)),
        )
        for level in sorted(policy.levels.all(), key=lambda level: level.position)
    ]


def _duties(
    level: EscalationLevel, duties: dict[int, Duty], named: dict[int, Duty]
) -> Iterator[Duty]:
    for target in level.targets.all():
        if target.rotation_id:
            yield duties[target.rotation_id]
        elif target.user_id in named:
            yield named[target.user_id]


def _scenarios(policy: EscalationPolicy) -> list[tuple[str, timedelta | None]]:
    """The plans in force that call by this policy, each with its tightest RTO."""
    escalating = Phase.objects.filter(
        version__status=VersionStatus.PUBLISHED, version__playbook__retired_at=None
    ).exclude(escalates_after=None)
    named = Q(policy=policy) | Q(policy=None) if policy.is_default else Q(policy=policy)
    plans = (
        Playbook.objects.filter(versions__phases__in=escalating.filter(named))
        .annotate(least=Min("assets__recovery_target__rto"))
        .order_by("code")
        .distinct()
    )
    return [
        (plan.code, min((span for span in (plan.rto, least) if span is not None), default=None))
        for plan, least in ((plan, vars(plan)["least"]) for plan in plans)
    ]


def _tightest(scenarios: list[tuple[str, timedelta | None]]) -> timedelta | None:
    return min((rto for _code, rto in scenarios if rto is not None), default=None)
