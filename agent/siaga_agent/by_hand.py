"""Orders that reach a device without a network: a person scans a code, or types eight words."""

from datetime import datetime

from siaga_agent.config import AgentConfig
from siaga_agent.obey import reached
from siaga_agent.orders import (
    EPOCH,
    SITE,
    DesiredState,
    OldOrderError,
    Trust,
    accept_order,
    keep_verified,
    present_orders,
)
from siaga_agent.outbox import Outbox
from siaga_agent.spoken import PHASES, PREFIX, UnreadableError, read_qr, read_words, status_words


def read_order(
    outbox: Outbox, config: AgentConfig, text: str, *, at: datetime
) -> DesiredState | None:
    """Take an order from what was scanned or spoken; the same checks hold as for one by wire."""
    if text.strip().startswith(PREFIX):
        trust = Trust(config.orders_key, config.site)
        return accept_order(outbox, read_qr(text), trust=trust, at=at, channel="qr")
    if not config.voice_key:
        raise UnreadableError("This device has no key for words; enrol it --again.")
    site = config.site or outbox.secret(SITE) or ""
    highest = outbox.number(EPOCH)
    document = read_words(text, key=config.voice_key, site=site, highest=highest)
    known = present_orders(outbox)
    if document["epoch"] == highest:
        if known is not None and known.is_verified:
            return None  # heard already, by wire or by phone
        raise OldOrderError(f"Order {highest} was seen before.")
    return keep_verified(outbox, document, at=at, channel="code")


def answer_words(outbox: Outbox, config: AgentConfig) -> str:
    """What to read back by phone: four words; nothing where there is nothing to tell."""
    state = present_orders(outbox)
    phase = reached(outbox)
    if state is None or not state.is_verified or not config.voice_key or phase not in PHASES:
        return ""
    return status_words(key=config.voice_key, epoch=state.epoch, phase=phase)
