"""Chat and SMS by URL: whatever Apprise knows how to reach."""

import apprise
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import ContactKind
from incidents.channels.letter import ChannelError, Letter

# Schemes with which an address could reach any machine or the desktop of the server itself; for
# the first kind there is the webhook channel, which checks where it goes.
REFUSED = (
    "json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "dbus", "glib", "gnome",
    "kde", "macosx", "qt", "windows", "syslog", "rsyslog", "file", "smpp", "smpps", "mqtt",
    "mqtts", "snmp",
)  # fmt: skip


def refuse_open_scheme(address: str) -> None:
    """Refuse addresses that name no chat service."""
    if address.partition(":")[0].lower() in REFUSED:
        raise ChannelError("this kind of address is not allowed for chats")


def send_by_chat(letter: Letter) -> None:
    """Send a letter to the service that the address names."""
    refuse_open_scheme(letter.address)
    service = apprise.Apprise()
    if not service.add(letter.address):
        raise ChannelError("the address is not one that a known chat service uses")
    try:
        taken = service.notify(title=letter.subject, body=letter.body)
    except TypeError as error:  # what Apprise raises for a message it cannot put into words
        raise ChannelError(str(error)) from error
    if not taken:
        raise ChannelError("the chat service did not take the message")


def chat_problem(kind: str, address: str) -> str | None:
    """Say why no chat service could ever be reached at this address; None if one could."""
    if kind != ContactKind.CHAT:
        return None
    try:
        refuse_open_scheme(address)
    except ChannelError:
        return _("This kind of address is not allowed for chats.")
    if not apprise.Apprise().add(address):
        return _("The address is not one that a known chat service uses.")
    return None
