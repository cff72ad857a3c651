"""What may be proposed without a link, in words; a person online answers each of them."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy

from telemetry.models import OrderAction
from telemetry.ordering.classes import BY_HAND

ORDER = "order"
PROPOSAL_WORDS = {
    "tick": gettext_lazy("Tick or decide"),
    "skip": gettext_lazy("Skip"),
    "reopen": gettext_lazy("Open again"),
    "contain": gettext_lazy("Declare contained"),
    "recover": gettext_lazy("Declare recovered"),
    "close": gettext_lazy("Close the incident"),
    "command": gettext_lazy("Hand over command"),
    ORDER: gettext_lazy("Give an order"),
}
_SITES = re.compile(r"[A-Z0-9-]{1,20}(?: [A-Z0-9-]{1,20}){0,49}")


def order_choices() -> list[list[str]]:
    """The orders that people give by hand, as a device offers them."""
    return [[action.value, str(action.label)] for action in BY_HAND]


def is_whole_order(payload: Mapping[str, Any]) -> bool:
    """Whether a proposed order says what, where and why."""
    sites, reason = str(payload.get("sites", "")), str(payload.get("reason", "")).strip()
    return payload.get("action") in BY_HAND and bool(_SITES.fullmatch(sites)) and bool(reason)


def order_words(payload: Mapping[str, Any]) -> str:
    """What a proposal to order something is about; nothing for any other."""
    if payload.get("what") != ORDER or not is_whole_order(payload):
        return ""
    return f"{OrderAction(payload['action']).label}: {payload['sites']}"


def order_page(payload: Mapping[str, Any], *, incident_code: str) -> str:
    """Where a person online gives the order in their own name, with what was proposed filled in."""
    told = {name: str(payload.get(name, "")) for name in ("action", "sites", "reason")}
    query = urlencode(told | {"incident_code": incident_code})
    return f"{reverse('telemetry:order_give')}?{query}"
