"""Which channel carries which kind of address."""

from collections.abc import Callable, Mapping

from bcp_portal.accounts.models import ContactKind
from incidents.channels.chat import send_by_chat
from incidents.channels.letter import ChannelError, Letter
from incidents.channels.mail import send_by_mail
from incidents.channels.webhook import send_by_webhook

CHANNELS: Mapping[str, Callable[[Letter], None]] = {
    ContactKind.MAIL: send_by_mail,
    ContactKind.WEBHOOK: send_by_webhook,
    ContactKind.CHAT: send_by_chat,
}


def send_letter(letter: Letter) -> None:
    """Hand a letter to its channel."""
    channel = CHANNELS.get(letter.channel)
    if channel is None:
        raise ChannelError(f"no channel carries {letter.channel}")
    channel(letter)
