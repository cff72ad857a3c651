"""Read models of a policy, of the choices of its editor, and of a rotation."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.models import AuditRow
from incidents.models import DutyCalendar, EscalationPolicy, Rotation, Shift
from incidents.selectors.absence import away_at
from incidents.selectors.duty import DutyReport, who_would_be_called

SHOWN = 50
LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True)
class PolicyPage:
    """What the page of a policy shows."""

    policy: EscalationPolicy
    report: DutyReport
    playbooks: list[str]
    history: list[AuditRow]


@dataclass(frozen=True)
class CalendarLine:
    """A calendar that a duty follows, and whether its copy can be trusted."""

    calendar: DutyCalendar
    state: str
    tone: str


@dataclass(frozen=True)
class RotationPage:
    """What the page of a rotation shows."""

    rotation: Rotation
    on_duty: list[User]
    coming: list[Shift]
    past: list[Shift]
    gap_from: datetime | None
    calendars: list[CalendarLine]


def policy_page(policy: EscalationPolicy, *, at: datetime) -> PolicyPage:
    """Gather a policy fetched with `for_detail()`. Three queries more."""
    phases = policy.phases.filter(version__status="published")
    return PolicyPage(
        policy=policy,
        report=who_would_be_called(policy, at=at),
        playbooks=sorted(set(phases.values_list("version__playbook__code", flat=True))),
        history=list(
            AuditRow.objects.about(policy._meta.label_lower, policy.pk).order_by("-seq")[:SHOWN]
        ),
    )


def callable_people() -> dict[int, User]:
    """Whom a policy may name. One query."""
    people = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
    return {person.pk: person for person in people}


def known_rotations() -> dict[int, Rotation]:
    """The duties a policy may name. One query."""
    return {rotation.pk: rotation for rotation in Rotation.objects.order_by("name")}


def rotation_page(rotation: Rotation, *, at: datetime) -> RotationPage:
    """Gather a rotation fetched with `for_list()`: who has the duty, who is next, any gap."""
    turns = sorted(rotation.shifts.all(), key=lambda shift: (shift.starts_at, shift.pk))
    coming = [shift for shift in turns if shift.ends_at > at]
    return RotationPage(
        rotation=rotation,
        on_duty=rotation.on_call_at(at, away=away_at(at)),
        coming=coming,
        past=[s for s in turns if at - LOOK_BACK < s.ends_at <= at][::-1],
        gap_from=_first_gap(coming, at=at),
        calendars=[_line(one, at=at) for one in rotation.calendars.order_by("name")],
    )


def _line(calendar: DutyCalendar, *, at: datetime) -> CalendarLine:
    if calendar.error:
        return CalendarLine(calendar, _("cannot be read; the turns stay"), "act")
    if calendar.taken_over_at is None:
        return CalendarLine(calendar, _("only looked at"), "watch")
    if calendar.is_old(at):
        return CalendarLine(calendar, _("our copy is old"), "watch")
    return CalendarLine(calendar, _("followed"), "ok")


def _first_gap(coming: list[Shift], *, at: datetime) -> datetime | None:
    """From when on nobody has the duty; there always is such a moment, at the latest the end."""
    covered = at
    for shift in coming:
        if shift.starts_at > covered:
            break
        covered = max(covered, shift.ends_at)
    return covered
