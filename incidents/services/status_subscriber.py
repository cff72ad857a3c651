"""Verbs of subscribers to the status page, and the mails they are sent."""

import time
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.shared.errors import DomainError
from incidents.models import RunMode, StatusMail, StatusSubscriber, StatusUpdate

CONFIRM_JOB = "incidents.status_confirm"
MAIL_JOB = "incidents.status_mail"
SALT = "siaga.status"
LINK_LIVES = timedelta(days=3)
ASK_AGAIN = timedelta(minutes=10)
BATCH = 40
BUDGET_S = 20.0


class BadLinkError(DomainError):
    """A link from a mail is wrong or too old."""


@verb
def ask_to_subscribe(*, address: str, language: str, at: datetime) -> None:
    """Send a link to an address; whether it is known already, nobody is told."""
    row, is_new = StatusSubscriber.objects.get_or_create(
        address=address.strip().casefold(), defaults={"language": language, "asked_at": at}
    )
    if not is_new:
        is_reading = row.confirmed_at is not None and row.ended_at is None
        if is_reading or at - row.asked_at < ASK_AGAIN:
            return
        row.asked_at, row.language = at, language
        row.save(update_fields=["asked_at", "language"])
    audit(action="status_subscriber.ask", obj=row, actor=None, at=at)
    queue_job(kind=CONFIRM_JOB, subject_id=row.pk, at=at)


@verb
def confirm_subscriber(*, token: str, at: datetime) -> StatusSubscriber:
    """The second yes: from now on mails go there."""
    row = subscriber_of(token, "confirm")
    row.confirmed_at, row.ended_at = at, None
    row.save(update_fields=["confirmed_at", "ended_at"])
    audit(action="status_subscriber.confirm", obj=row, actor=None, at=at)
    return row


@verb
def end_subscription(*, token: str, at: datetime) -> StatusSubscriber:
    """No more mails; the link works for ever."""
    row = subscriber_of(token, "leave")
    if row.ended_at is None:
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        audit(action="status_subscriber.leave", obj=row, actor=None, at=at)
    return row


def subscriber_of(token: str, purpose: str) -> StatusSubscriber:
    """Whose link this is."""
    age = LINK_LIVES if purpose == "confirm" else None
    try:
        pk = signing.loads(token, salt=f"{SALT}.{purpose}", max_age=age)
        return StatusSubscriber.objects.get(pk=pk)
    except (signing.BadSignature, StatusSubscriber.DoesNotExist):
        raise BadLinkError(_("This link does not work any more. Please subscribe again.")) from None


def link_for(row: StatusSubscriber, purpose: str) -> str:
    """The address behind a link in a mail."""
    token = signing.dumps(row.pk, salt=f"{SALT}.{purpose}")
    return settings.BASE_URL + reverse(f"incidents:status_{purpose}", args=[token])


def send_confirmation(*, subject_id: int, at: datetime, again: bool) -> None:
    """Mail the link; an OSError means: not yet, try again. Twice does no harm."""
    row = StatusSubscriber.objects.filter(pk=subject_id).first()
    if row is None:
        return
    with translation.override(row.language):
        lines = [
            _("Somebody, we hope you, asked for our status updates at this address."),
            _("Confirm it here within three days:"),
            link_for(row, "confirm"),
            _("If it was not you, do nothing: no more mails will come."),
        ]
        subject = _("Confirm your subscription")
    EmailMessage(subject=subject, body="\n\n".join(lines) + "\n", to=[row.address]).send()


def send_update_mails(*, subject_id: int, at: datetime, again: bool) -> None:
    """Send an update to the next subscribers who have not had it, and ask for another round."""
    update = StatusUpdate.objects.select_related("incident").filter(pk=subject_id).first()
    if update is None or update.incident.mode != RunMode.LIVE:
        return
    waiting = StatusSubscriber.objects.reading().exclude(mails__update=update).order_by("pk")
    ends = time.monotonic() + BUDGET_S
    for row in waiting[:BATCH]:
        if time.monotonic() > ends:
            break
        try:
            _send_one(update, row)
        except SMTPRecipientsRefused as error:
            # This mailbox is gone; the others still wait for the news.
            note_status_mail(subscriber=row, update=update, at=at, error=str(error))
        else:
            note_status_mail(subscriber=row, update=update, at=at)
    if waiting.exists():
        # The running job still holds the plain key.
        rest = waiting.count()
        queue_job(
            kind=MAIL_JOB, subject_id=subject_id, key=f"{MAIL_JOB}:{subject_id}:{rest}", at=at
        )


@verb
def note_status_mail(
    *, subscriber: StatusSubscriber, update: StatusUpdate, at: datetime, error: str = ""
) -> None:
    """Note that it was sent, or why this one never will be."""
    facts = {"error": error[:300]} if error else {"sent_at": at}
    StatusMail.objects.get_or_create(subscriber=subscriber, update=update, defaults=facts)


@verb
def give_up_mails(*, subject_id: int, error: str, at: datetime) -> None:
    """Keep in the trail that the mails of an update could not be sent."""
    update = StatusUpdate.objects.filter(pk=subject_id).first()
    if update is not None:
        audit(
            action="update.mail_lost", obj=update, actor=None, at=at, after={"error": error[:300]}
        )


@verb
def give_up_confirmation(*, subject_id: int, error: str, at: datetime) -> None:
    """Keep in the trail that a link could not be sent."""
    row = StatusSubscriber.objects.filter(pk=subject_id).first()
    if row is not None:
        audit(
            action="status_subscriber.mail_lost",
            obj=row,
            actor=None,
            at=at,
            after={"error": error[:300]},
        )


def _send_one(update: StatusUpdate, row: StatusSubscriber) -> None:
    with translation.override(row.language):
        leave = link_for(row, "leave")
        body = [
            update.said("text"),
            settings.BASE_URL + reverse("incidents:status"),
            _("No more of these: %(link)s") % {"link": leave},
        ]
        subject = _("Status update %(code)s") % {"code": update.incident.code}
    EmailMessage(
        subject=subject,
        body="\n\n".join(body) + "\n",
        to=[row.address],
        headers={"List-Unsubscribe": f"<{leave}>", "Auto-Submitted": "auto-generated"},
    ).send()
