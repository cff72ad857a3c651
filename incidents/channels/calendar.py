"""Fetches calendars that people keep elsewhere: guarded like a webhook, and never too much."""

import time

import httpx

from incidents.channels.letter import ChannelError
from incidents.channels.webhook import refuse_inside_address
from incidents.ical_in import MOST_BYTES

TIMEOUT_S = 5.0
LONGEST_S = 15.0


def fetch_calendar_text(address: str) -> str:
    """The text behind an address; anything but a whole answer of bearable size is an OSError."""
    refuse_inside_address(address)
    began = time.monotonic()
    body = bytearray()
    try:
        # Redirects are not followed: they could lead to an address that was not checked.
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", address, headers={"Accept": "text/calendar"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ChannelError(f"the calendar answered {answer.status_code}")
            for part in answer.iter_bytes(65_536):
                body += part
                if len(body) > MOST_BYTES:
                    raise ChannelError("the calendar is larger than one megabyte")
                if time.monotonic() - began > LONGEST_S:
                    raise ChannelError(f"the calendar was not there after {LONGEST_S:.0f} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The words of the error name the address, which often is the key itself.
        raise ChannelError(type(error).__name__) from error
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ChannelError("the calendar is not UTF-8") from error
