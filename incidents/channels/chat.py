"""Chat and SMS by URL: whatever Apprise knows how to reach."""

import apprise

from incidents.channels.letter import ChannelError, Letter


def send_by_chat(letter: Letter) -> None:
    """Send a letter to the service that the address names."""
    service = apprise.Apprise()
    if not service.add(letter.address):
        raise ChannelError("the address is not one that a known chat service uses")
    try:
        taken = service.notify(title=letter.subject, body=letter.body)
    except TypeError as error:  # what Apprise raises for a message it cannot put into words
        raise ChannelError(str(error)) from error
    if not taken:
        raise ChannelError("the chat service did not take the message")
