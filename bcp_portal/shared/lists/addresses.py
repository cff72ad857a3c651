"""The addresses of rows: the routes are asked once for all keys that are written plainly."""

import re
from collections.abc import Sequence

from django.conf import settings
from django.urls import get_script_prefix, reverse

# Codes and numbers stand in an address as they are: nothing in them needs to be quoted.
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
# What stands before and after the key, for each route and kind of key.
_around: dict[tuple[object, ...], tuple[str, str]] = {}


def address_of(name: str, args: Sequence[object]) -> str:
    """What `reverse` says, without asking it for each row; the first of the keys is the row's."""
    written = str(args[0]) if args else ""
    if not _PLAIN.fullmatch(written):
        return reverse(name, args=args)
    asked = (name, type(args[0]), *args[1:], settings.ROOT_URLCONF, get_script_prefix())
    if (known := _around.get(asked)) is not None:
        return f"{known[0]}{written}{known[1]}"
    address = reverse(name, args=args)
    before, found, after = address.partition(written)
    # A key that is also a word of the route says nothing about where keys stand.
    if found and written not in after and len(_around) < 1000:
        _around[asked] = (before, after)
    return address
