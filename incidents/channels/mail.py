"""Mail: the channel that every person has."""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import BadHeaderError

from incidents.channels.letter import ChannelError, Letter


def send_by_mail(letter: Letter) -> None:
    """Send a letter by mail; a repeat carries the same Message-ID, so that it can be recognised."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = sender.rpartition("@")[2] or "localhost"
    message = EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.address],
        headers={
            "Message-ID": f"<{letter.idempotency_key}@{domain}>",
            "X-Siaga-Idempotency-Key": letter.idempotency_key,
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        # SMTPException is an OSError already.
        if message.send() != 1:
            raise ChannelError("the mail server did not take the message")
    except (BadHeaderError, UnicodeError) as error:
        raise ChannelError(str(error)) from error
