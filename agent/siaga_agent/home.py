"""The agent's folder: its settings, its key and its outbox, opened together."""

import fcntl
import logging
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from siaga_agent.adapters import make_adapter
from siaga_agent.agent import Agent
from siaga_agent.clock import Clock
from siaga_agent.config import AgentConfig
from siaga_agent.enrol import OUTBOX, TOKEN, EnrolError, unseal_token
from siaga_agent.outbox import Outbox
from siaga_agent.store import OutboxDamagedError
from siaga_agent.vault import Vault, open_vault

logger = logging.getLogger(__name__)


class HomeLockedError(Exception):
    """Another agent is already running on this folder."""


@dataclass
class Home:
    """An opened folder; use it with `with`."""

    path: Path
    config: AgentConfig
    vault: Vault
    outbox: Outbox

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.outbox.close()


def open_home(path: Path, *, passphrase: str | None = None, check: bool = False) -> Home:
    """Open a folder that was enrolled; with `check`, set a damaged outbox aside."""
    config = AgentConfig.load(path)
    vault = open_vault(config.key, device=config.node_id, passphrase=passphrase)
    try:
        outbox = Outbox(path / OUTBOX, vault, check=check)
    except OutboxDamagedError:
        if not check:
            raise
        outbox = _start_over(path, vault)
    return Home(path, config, vault, outbox)


def run_agent(path: Path, *, passphrase: str | None = None) -> int:
    """Run until a signal ends it; one agent per folder."""
    lock = os.open(path / "agent.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise HomeLockedError(f"An agent is already running on {path}.") from error
    try:
        with open_home(path, passphrase=passphrase, check=True) as home:
            return _run(home)
    finally:
        os.close(lock)


def _run(home: Home) -> int:
    token = home.outbox.secret(TOKEN) or unseal_token(home.config, home.vault)
    if token is None:
        raise EnrolError("The token cannot be read any more: enrol this device again.")
    if home.outbox.secret(TOKEN) is None:
        home.outbox.put_secret(TOKEN, token)
    agent = Agent(
        home.path,
        home.config,
        home.outbox,
        token=token,
        adapters=[make_adapter(settings) for settings in home.config.adapters],
        clock=Clock(),
    )
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: agent.stop())
    logger.info("Agent of %s at %s, to %s", home.config.site, home.path, home.config.portal)
    return agent.run()


def _start_over(path: Path, vault: Vault) -> Outbox:
    """Begin a new outbox, which gets a boot_id of its own, and keep the damaged one."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for name in (OUTBOX, f"{OUTBOX}-wal", f"{OUTBOX}-shm"):
        if (path / name).exists():
            os.replace(path / name, path / f"{name}.damaged-{stamp}")
    logger.error("The outbox was damaged; it was set aside (%s) and a new one begun", stamp)
    return Outbox(path / OUTBOX, vault)
