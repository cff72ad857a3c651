"""The mail that tells supervisor and IT of a lost or damaged device."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bcp_portal.audit.verbs import audit, verb
from telemetry.models import LossNotice

MAIL = "telemetry.loss_mail"


def send_loss_notice(*, subject_id: int, at: datetime, again: bool) -> None:
    """Mail one person what is gone, since when, and that its access is withdrawn already.

    An OSError means: not yet, try again.
    """
    notice = (
        LossNotice.objects.select_related("person", "loss__device__site", "loss__reported_by")
        .filter(pk=subject_id, sent_at=None, person__is_active=True)
        .first()
    )
    if notice is None or not notice.person.email:
        return
    person, loss = notice.person, notice.loss
    with translation.override(person.language), timezone.override(person.zone()):
        what = {"device": str(loss.device), "kind": loss.get_kind_display()}
        noticed = date_format(timezone.localtime(loss.noticed_at), "j M Y H:i T")
        lines = [
            _("Hello %s,") % person.name,
            _("%(name)s reported: %(device)s – %(kind)s.")
            % {**what, "name": loss.reported_by.name},
            _("Noticed %s. Its access is withdrawn already; nothing it sends is taken any more.")
            % noticed,
            *([_("This message may reach you twice.")] if again else []),
            f"{settings.BASE_URL}{reverse('telemetry:loss', args=[loss.pk])}",
        ]
        message = EmailMessage(
            subject=_("%(device)s: %(kind)s") % what,
            body="\n\n".join(lines) + "\n",
            to=[person.email],
        )
    message.send()
    note_told(subject_id=notice.pk, at=at)


@verb
def note_told(*, subject_id: int, at: datetime) -> None:
    """Keep when the mail to somebody has left."""
    LossNotice.objects.filter(pk=subject_id, sent_at=None).update(sent_at=at, error="")


@verb
def note_lost_notice(*, subject_id: int, error: str, at: datetime) -> None:
    """Keep on the trail and on the report that somebody could not be told by mail."""
    notice = LossNotice.objects.select_related("loss__device", "person").filter(pk=subject_id)
    for one in notice:
        one.error = error[:300]
        one.save(update_fields=["error"])
        audit(
            action="device.loss_mail_lost",
            obj=one.loss.device,
            actor=None,
            at=at,
            after={"to": one.person.username, "error": one.error},
        )
