"""The mail to whoever is given a conflict that nobody decided in time."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bcp_portal.audit.verbs import audit, verb
from telemetry.models import ConflictEvent
from telemetry.models.conflict_case import WAITS_FOR_PEOPLE

MAIL = "telemetry.conflict_mail"


def send_escalation(*, subject_id: int, at: datetime, again: bool) -> None:
    """Mail the person of an escalation; an OSError means: not yet, try again.

    The mail names the case and its address, never a value: those are for the desk alone. Whoever
    has decided meanwhile is not called any more.
    """
    event = ConflictEvent.objects.select_related("case", "about").filter(pk=subject_id).first()
    if event is None or event.about is None or not event.about.is_active:
        return
    case, person = event.case, event.about
    if case.state not in WAITS_FOR_PEOPLE or case.owner_id != person.pk or not person.email:
        return
    with translation.override(person.language), timezone.override(person.zone()):
        due = timezone.localtime(case.due_at) if case.due_at else None
        lines = [
            _("Hello %s,") % person.name,
            _("nobody has decided the conflict %s in time; it is now yours.") % case.code,
            *([_("It was due %s.") % date_format(due, "j M Y H:i T")] if due else []),
            *([_("This message may reach you twice.")] if again else []),
            f"{settings.BASE_URL}{reverse('telemetry:conflict', args=[case.code])}",
        ]
        message = EmailMessage(
            subject=_("Conflict %s waits for your decision") % case.code,
            body="\n\n".join(lines) + "\n",
            to=[person.email],
        )
    message.send()


@verb
def note_lost_escalation(*, subject_id: int, error: str, at: datetime) -> None:
    """Keep on the trail that the mail could not be sent; the case goes to the next in an hour."""
    event = ConflictEvent.objects.select_related("case").filter(pk=subject_id).first()
    if event is not None:
        audit(
            action="conflict.mail_lost",
            obj=event.case,
            actor=None,
            at=at,
            after={"error": error[:300]},
        )
