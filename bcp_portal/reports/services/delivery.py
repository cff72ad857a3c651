"""Verbs of a delivery: ordered, made when it is due, mailed, ended by a person or by itself."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.engine.services.job import cancel_jobs, queue_job
from bcp_portal.reports.holds import held_words
from bcp_portal.reports.models import Carries, ReportDelivery, ReportState, Rhythm
from bcp_portal.reports.overviews.registry import Overview, find_overview, overview_label
from bcp_portal.reports.services.overview import request_overview
from bcp_portal.reports.services.report_file import DELIVER_JOB
from bcp_portal.shared.errors import DomainError

DUE = "reports.delivery"
AGAIN = timedelta(hours=1)
MOST_BYTES = 10 * 1024 * 1024


class DeliveryError(DomainError):
    """It cannot be sent like this."""


def file_may_travel() -> bool:
    """Whether the policy of this portal lets reports leave by mail as files."""
    return bool(settings.REPORT_FILES_BY_MAIL)


@verb
def order_delivery(
    *, overview: Overview, rhythm: Rhythm, carries: Carries, actor: User, at: datetime
) -> ReportDelivery:
    """Have an overview sent to oneself; ordering it again changes how."""
    return _order(overview, rhythm, carries, person=actor, actor=actor, at=at)


@verb
def move_delivery(*, row: ReportDelivery, to: User, actor: User, at: datetime) -> None:
    """Have it sent to somebody else from now on; it stops where that person may not read it."""
    overview = find_overview(row.overview, to)
    reason = _("Handed over to %s") % to.name
    if overview is None or not to.email:
        reason = _("%s may not read it or has no mail address; it stops") % to.name
    elif not ReportDelivery.objects.running().filter(person=to, overview=row.overview).exists():
        carries = Carries(row.carries) if file_may_travel() else Carries.LINK
        _order(overview, Rhythm(row.rhythm), carries, person=to, actor=actor, at=at)
    end_delivery(delivery=row, reason=reason, actor=actor, at=at)


@verb
def end_deliveries(*, person: User, actor: User, at: datetime) -> int:
    """End everything that is sent to a leaver; return how much it was."""
    rows = list(ReportDelivery.objects.running().filter(person=person).order_by("pk"))
    for row in rows:
        reason = _("%(name)s has left.") % {"name": person.name}
        end_delivery(delivery=row, reason=reason, actor=actor, at=at)
    return len(rows)


def _order(
    overview: Overview,
    rhythm: Rhythm,
    carries: Carries,
    *,
    person: User,
    actor: User,
    at: datetime,
) -> ReportDelivery:
    if not overview.is_open_to(person):
        raise DeliveryError(_("You may not read this report."))
    if not person.email:
        raise DeliveryError(_("Your account has no mail address."))
    if carries == Carries.FILE and not file_may_travel():
        raise DeliveryError(_("Reports do not leave this portal by mail; choose a link."))
    old = ReportDelivery.objects.running().filter(person=person, overview=overview.key).first()
    if old is not None:
        end_delivery(delivery=old, reason=_("Ordered anew"), actor=actor, at=at)
    row = ReportDelivery(
        person=person,
        overview=overview.key,
        rhythm=rhythm,
        carries=carries,
        ordered_at=at,
        next_at=at,
    )
    row.next_at = row.after(at)
    row.save()
    facts = {"report": overview.key, "rhythm": rhythm, "carries": carries}
    audit(action="report.delivery_order", obj=row, actor=actor, at=at, after=facts)
    set_deadline(kind=DUE, subject_id=row.pk, due_at=row.next_at, at=at)
    return row


@verb
def end_delivery(
    *, delivery: ReportDelivery, reason: str, actor: User | None, at: datetime
) -> ReportDelivery:
    """Send no more of it."""
    row = ReportDelivery.objects.select_for_update().get(pk=delivery.pk)
    if row.ended_at is not None:
        return row
    row.ended_at, row.end_reason = at, reason[:200]
    row.save(update_fields=["ended_at", "end_reason"])
    cancel_deadlines(kind=DUE, subject_id=row.pk, at=at)
    cancel_jobs(kind=DELIVER_JOB, subject_id=row.pk)
    audit(action="report.delivery_end", obj=row, actor=actor, at=at, reason=row.end_reason)
    return row


@verb
def delivery_due(*, deadline: Deadline, at: datetime) -> None:
    """Have the paper made; who lost the right gets no more, and an exercise makes it wait."""
    row = _locked(deadline.subject_id)
    if row is None:
        return
    overview = find_overview(row.overview, row.person)
    if overview is None:
        _end_for_want_of_right(row, at)
        return
    if words := held_words(at):
        _note(row, words, at)
        set_deadline(
            kind=DUE,
            subject_id=row.pk,
            due_at=at + AGAIN,
            at=at,
            epoch=deadline.epoch,
            loop=deadline.loop + 1,
        )
        return
    with translation.override(row.person.language):
        row.last_report = request_overview(
            overview=overview, language=row.person.language, actor=row.person, at=at
        )
    row.last_sent_at, row.last_words = None, ""
    row.round += 1
    row.next_at = row.after(at)
    row.save()
    audit(
        action="report.delivery_make",
        obj=row,
        actor=None,
        at=at,
        after={"report": row.last_report.code, "next_at": row.next_at},
    )
    set_deadline(kind=DUE, subject_id=row.pk, due_at=row.next_at, at=at, epoch=row.round)


def send_delivery(*, subject_id: int, at: datetime, again: bool) -> None:
    """Mail the paper or the way to it; an OSError means: not yet, try again."""
    row = ReportDelivery.objects.running().select_related("person", "last_report")
    found = row.filter(pk=subject_id, last_sent_at=None).first()
    if found is None or found.last_report is None:
        return
    if found.last_report.status != ReportState.READY:
        return
    if find_overview(found.overview, found.person) is None:
        lose_right(delivery=found, at=at)
        return
    if words := held_words(at):
        put_off(delivery=found, words=words, at=at)
        return
    carried = _mail(found, again=again)
    note_sent(delivery=found, carried=carried, at=at)


def _mail(row: ReportDelivery, *, again: bool) -> Carries:
    report, person = row.last_report, row.person
    assert report is not None  # asked by the only caller
    # The policy of today decides, not that of the day on which it was ordered.
    is_file = row.carries == Carries.FILE and file_may_travel() and report.size <= MOST_BYTES
    with translation.override(person.language):
        label = overview_label(row.overview)
        link = f"{settings.BASE_URL}{reverse('reports:detail', args=[report.uid])}"
        lines = [
            _("Hello %s,") % person.name,
            _("here is the report “%(name)s” as of %(day)s.")
            % {"name": label, "day": f"{report.as_of:%Y-%m-%d}"},
            *([_("This message may reach you twice.")] if again else []),
            link,
            f"SHA-256: {report.sha256}",
            _("To have no more of it sent: %s")
            % f"{settings.BASE_URL}{reverse('reports:overviews')}#deliveries",
        ]
        message = EmailMessage(
            subject=_("%(name)s, %(day)s") % {"name": label, "day": f"{report.as_of:%Y-%m-%d}"},
            body="\n\n".join(lines) + "\n",
            to=[person.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
    if is_file:
        with default_storage.open(report.path) as file:
            message.attach(report.filename, file.read(), "application/pdf")
    message.send()
    return Carries.FILE if is_file else Carries.LINK


@verb
def note_sent(*, delivery: ReportDelivery, carried: Carries, at: datetime) -> None:
    """Keep that it was mailed, to whom, and with which hash."""
    row = _locked(delivery.pk)
    if row is None or row.last_report is None:
        return
    row.last_sent_at, row.last_words = at, ""
    row.save(update_fields=["last_sent_at", "last_words"])
    audit(
        action="report.delivery_send",
        obj=row,
        actor=None,
        at=at,
        after={
            "report": row.last_report.code,
            "list": row.overview,
            "format": carried,
            "to": row.person.username,
            "sha256": row.last_report.sha256,
        },
    )


@verb
def lose_right(*, delivery: ReportDelivery, at: datetime) -> None:
    """End what its person may not read any more."""
    row = _locked(delivery.pk)
    if row is not None:
        _end_for_want_of_right(row, at)


@verb
def put_off(*, delivery: ReportDelivery, words: str, at: datetime) -> None:
    """Mail it later, because nothing may be mailed now."""
    row = _locked(delivery.pk)
    if row is not None:
        _note(row, words, at)
        key = f"{DELIVER_JOB}:{row.pk}:{at.isoformat()}"
        queue_job(kind=DELIVER_JOB, subject_id=row.pk, at=at, due_at=at + AGAIN, key=key)


@verb
def note_lost(*, subject_id: int, error: str, at: datetime) -> None:
    """Keep that the mail could not be sent; the paper is on file, and the next one will be made."""
    row = _locked(subject_id)
    if row is not None:
        with translation.override(row.person.language):
            words = _("The mail could not be sent; the report is on file.")
        row.last_words = words
        row.save(update_fields=["last_words"])
        facts = {"error": error[:300]}
        audit(action="report.delivery_lost", obj=row, actor=None, at=at, after=facts)


def _end_for_want_of_right(row: ReportDelivery, at: datetime) -> None:
    with translation.override(row.person.language):
        reason = _("The right to read it has ended")
    end_delivery(delivery=row, reason=reason, actor=None, at=at)


def _note(row: ReportDelivery, words: str, at: datetime) -> None:
    row.last_words = words[:300]
    row.save(update_fields=["last_words"])
    audit(action="report.delivery_hold", obj=row, actor=None, at=at, reason=row.last_words)


def _locked(pk: int) -> ReportDelivery | None:
    rows = ReportDelivery.objects.running().select_for_update(of=("self",))
    return rows.select_related("person", "last_report").filter(pk=pk).first()
