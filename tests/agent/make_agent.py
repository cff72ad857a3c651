"""Makers for the agent's tests: outboxes, entries, senders, homes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from siaga_agent.clock import Clock, iso
from siaga_agent.config import AgentConfig
from siaga_agent.outbox import Outbox
from siaga_agent.sender import Sender
from siaga_agent.transport import Portal
from siaga_agent.vault import Vault

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DEVICE = "6f7c1b1e-8f4a-4f0e-9b59-1c2d3e4f5a6b"
KEY = bytes(range(32))


def make_outbox(folder: Path, *, device: str = DEVICE) -> Outbox:
    return Outbox(folder / "outbox.db", Vault(KEY, device=device))


def heartbeat(at: datetime = NOON, **fields: object) -> dict:
    item = {
        "kind": "heartbeat",
        "at": iso(at),
        "state": "online",
        "streams": [{"name": "sales", "pending_records": 0}],
    }
    return item | fields


def session(at: datetime = NOON, **fields: object) -> dict:
    item = {
        "kind": "sync_session",
        "at": iso(at),
        "session_id": str(uuid4()),
        "stream": "sales",
        "direction": "push",
        "started_at": iso(at),
        "outcome": "ok",
    }
    return item | fields


class SetClock(Clock):
    """A wall clock that a test may set."""

    def __init__(self, at: datetime = NOON, mono: int = 1_000_000) -> None:
        self.at, self.mono = at, mono

    def now(self) -> datetime:
        return self.at

    def mono_ms(self) -> int:
        return self.mono


def make_sender(outbox: Outbox, url: str, *, token: str = "secret-token", **more) -> Sender:
    clock = more.pop("clock", None) or Clock()
    config = AgentConfig(portal=url, node_id=DEVICE)
    portal = Portal(config, token=token, clock=clock)
    return Sender(outbox, portal, node_id=DEVICE, clock=clock, **more)


def write_invitation(folder: Path, url: str, **settings: object) -> tuple[Path, Path]:
    """What enrol_device prints, and a settings file beside it."""
    told = {"node_id": DEVICE, "site": "SBY-02", "name": "kasir", "token": "secret-token"}
    (folder / "invitation.json").write_text(json.dumps(told | {"portal": url}))
    (folder / "settings.json").write_text(json.dumps(settings))
    return folder / "invitation.json", folder / "settings.json"
