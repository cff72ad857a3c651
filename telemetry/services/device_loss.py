"""Verbs of a lost or damaged device: report it, which shuts it out at once, and settle that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from assets.models import Sector, Site
from bcp_portal.accounts.holders import holders_of
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.shared.errors import DomainError
from telemetry.detection.asking.reported import claim_of_loss
from telemetry.detection.asking.staleness import working_hours
from telemetry.detection.board import Place
from telemetry.detection.tuning import read_tuning
from telemetry.models import (
    Device,
    DeviceLoss,
    DeviceState,
    LossNotice,
    NodeState,
    Signal,
    SignalRule,
)
from telemetry.models.device_loss import LossKind, LossOutcome, ToldAs
from telemetry.services.device import revoke_device
from telemetry.services.loss_mail import MAIL
from telemetry.services.signal import assert_claim, close_signal

# Whoever notices a loss has so many working hours of the site to say so.
LIMIT_H = 2.0
# What was noticed longer ago than this was not noticed: somebody mistyped the year.
LONGEST_AGO = timedelta(days=365)


@dataclass(frozen=True)
class Cleaning:
    """Who freed a device of germs, when and how."""

    by: str = ""
    at: datetime | None = None
    how: str = ""

    @property
    def is_on_record(self) -> bool:
        """Whether nothing of it is missing."""
        return bool(self.by.strip() and self.at and self.how.strip())


@verb
def report_loss(
    *,
    device: Device,
    kind: LossKind,
    noticed_at: datetime,
    actor: User,
    at: datetime,
    reason: str = "",
) -> DeviceLoss:
    """Report a device lost or damaged: its token opens nothing from this transaction on.

    Supervisor and IT are told, and the open conclusion brings the incident with its playbook.
    """
    if noticed_at > at:
        raise DomainError(_("It cannot have been noticed later than now."))
    if at - noticed_at > LONGEST_AGO:
        raise DomainError(_("That is more than a year ago: check the date."))
    locked = revoke_device(device=device, actor=actor, at=at, reason=reason.strip() or kind.value)
    state = NodeState.LOST if kind == LossKind.LOST else NodeState.MAINTENANCE
    DeviceState.objects.filter(device=locked).update(node_state=state, node_state_since=at)
    loss = DeviceLoss.objects.create(
        device=locked,
        kind=kind,
        sector=locked.site.sector,
        reason=reason.strip(),
        noticed_at=noticed_at,
        reported_at=at,
        reported_by=actor,
        **_clock(locked.site, noticed_at, at),
    )
    assert_claim(claim=claim_of_loss(loss), at=at)
    told = [_tell(loss, person, office, at=at) for person, office in whom_to_tell(locked.site)]
    audit(
        action="device.report_loss",
        obj=locked,
        actor=actor,
        at=at,
        reason=loss.reason,
        after={
            "kind": kind.value,
            "noticed_at": noticed_at,
            "worked_h": loss.worked_h,
            "is_late": loss.is_late,
            "told": told,
        },
    )
    return loss


@verb
def settle_loss(
    *,
    loss: DeviceLoss,
    outcome: LossOutcome,
    actor: User,
    at: datetime,
    note: str = "",
    cleaning: Cleaning | None = None,
) -> DeviceLoss:
    """Say how a report ended; a device of the health sector goes to repair only when clean."""
    locked = DeviceLoss.objects.select_for_update().select_related("device__site").get(pk=loss.pk)
    if not locked.is_open:
        raise DomainError(_("This report has been settled already."))
    done = cleaning or Cleaning()
    _check_cleaning(locked, outcome, done, at=at)
    locked.outcome, locked.note = outcome, note.strip()
    locked.cleaned_by, locked.cleaned_at = done.by.strip(), done.at
    locked.cleaned_how = done.how.strip()
    locked.settled_by, locked.settled_at = actor, at
    locked.save()
    claim = claim_of_loss(locked)
    for signal in Signal.objects.open().filter(rule=SignalRule.DEVICE_MISSING, key=claim.key):
        close_signal(signal=signal, at=at)
    audit(
        action="device.settle_loss",
        obj=locked.device,
        actor=actor,
        at=at,
        reason=locked.note,
        after={
            "outcome": outcome.value,
            "cleaned_by": locked.cleaned_by,
            "cleaned_at": locked.cleaned_at,
            "cleaned_how": locked.cleaned_how,
        },
    )
    return locked


def whom_to_tell(site: Site) -> Iterator[tuple[User, ToldAs]]:
    """The supervisors of a site and its technicians; each person once.

    Supervisors are the commanders and business owners who look after the site; where nobody
    does, every commander is told.
    """
    cares = Q(site_assignments__site=site) | Q(site_assignments__region=site.region_id)
    bosses = User.objects.filter(
        cares,
        is_active=True,
        groups__name__in=[str(Role.INCIDENT_COMMANDER), str(Role.BUSINESS_OWNER)],
    ).distinct()
    found = list(bosses.order_by("pk")) or list(
        User.objects.filter(is_active=True, groups__name=str(Role.INCIDENT_COMMANDER))
    )
    yield from ((person, ToldAs.SUPERVISOR) for person in found)
    known = {person.pk for person in found}
    technicians = holders_of("telemetry.enrol_device").filter(
        groups__name=str(Role.SYNC_TECHNICIAN)
    )
    for person in technicians.exclude(pk__in=known).order_by("pk"):
        if Site.objects.visible_to(person).filter(pk=site.pk).exists():
            yield person, ToldAs.IT


def _check_cleaning(
    loss: DeviceLoss, outcome: LossOutcome, cleaning: Cleaning, *, at: datetime
) -> None:
    if outcome == LossOutcome.OPEN:
        raise DomainError(_("Say how the report ended."))
    if cleaning.at and cleaning.at > at:
        raise DomainError(_("It cannot have been decontaminated later than now."))
    must_be_clean = loss.sector == Sector.HEALTH and outcome == LossOutcome.REPAIR
    if must_be_clean and not cleaning.is_on_record:
        raise DomainError(
            _(
                "%(device)s belongs to a health site: before it goes to repair, record who"
                " decontaminated it, when and how."
            )
            % {"device": loss.device}
        )


def _clock(site: Site, noticed_at: datetime, at: datetime) -> dict[str, float]:
    numbers = read_tuning().of(SignalRule.DEVICE_MISSING, site.pk, site.sector)
    place = Place(
        site.pk, site.code, site.name, site.region_id, site.sector, site.criticality, site.time_zone
    )
    return {
        "opens": numbers["opens"],
        "closes": numbers["closes"],
        "workdays": int(numbers["workdays"]),
        "worked_h": working_hours(noticed_at, at, place, numbers),
        "limit_h": LIMIT_H,
    }


def _tell(loss: DeviceLoss, person: User, office: ToldAs, *, at: datetime) -> str:
    notice = LossNotice.objects.create(loss=loss, person=person, office=office)
    queue_job(kind=MAIL, subject_id=notice.pk, at=at)
    return f"{person.username} ({office.value})"
