"""Which channel carries which kind of address."""

from collections.abc import Callable, Mapping

from bcp_portal.accounts.models import ContactKind
from incidents.channels.chat import send_by_chat
from incidents.channels.letter import ChannelError, Letter
from incidents.channels.mail import send_by_mail
from incidents.channels.push import send_by_push
from incidents.channels.webhook import send_by_webhook
from incidents.models import RunMode

CHANNELS: Mapping[str, Callable[[Letter], None]] = {
    ContactKind.MAIL: send_by_mail,
    ContactKind.WEBHOOK: send_by_webhook,
    ContactKind.CHAT: send_by_chat,
    ContactKind.PUSH: send_by_push,
}


def send_letter(letter: Letter) -> None:
    """Hand a letter to its channel; this is the only way out of the building.

    A letter of an exercise goes no further than here: it stands in the inbox of its reader and in
    the ledger of calls, and no channel ever sees it.
    """
    if letter.mode != RunMode.LIVE:
        return
    channel = CHANNELS.get(letter.channel)
    if channel is None:
        raise ChannelError(f"no channel carries {letter.channel}")
    channel(letter)
