"""Identities that sort by the time they were made: UUID version 7 (RFC 9562)."""

import secrets
from datetime import datetime
from uuid import UUID


def uuid7(at: datetime) -> UUID:
    """Return a new identity made at a moment: 48 bits of milliseconds, then chance."""
    millis = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    chance = secrets.randbits(74)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return UUID(int=(millis << 80) | (7 << 76) | (high << 64) | (2 << 62) | low)
