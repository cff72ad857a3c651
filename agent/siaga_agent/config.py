"""HOME/agent.json: who this device is, where its portal is, and what it looks after."""

import base64
import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

MODES = ("normal", "offline", "maintenance")
RUNGS = ("gateway", "dns", "internet", "central", "portal", "peer", "alt_link")

_KINDS: Mapping[str, type] = {
    "portal": str,
    "node_id": str,
    "adapters": list,
    "reach": dict,
    "link": dict,
    "notify_command": list,
    "outbox_max_mib": int,
    "orders_key": str,
    "voice_key": str,
    "pack_port": int,
    "key": dict,
}


class ConfigError(Exception):
    """agent.json cannot be used; the text says which part and what to do."""


@dataclass
class AgentConfig:
    """The settings of one device. Everything but the first two has a sensible default."""

    portal: str
    node_id: str
    site: str = ""
    name: str = ""
    period_s: float = 60.0
    mode: str = "normal"
    adapters: list[dict[str, Any]] = field(default_factory=list)
    reach: dict[str, str] = field(default_factory=dict)
    link: dict[str, Any] = field(default_factory=dict)
    ca_file: str | None = None
    proxy: str | None = None
    insecure_http: bool = False
    notify_command: list[str] = field(default_factory=list)
    outbox_max_mib: int = 512
    key: dict[str, Any] = field(default_factory=dict)
    # The key of headquarters, pinned at enrolment: whose orders this device obeys.
    orders_key: str = ""
    # What only headquarters and this device know: for orders by phone.
    voice_key: str = ""
    token_sealed: str = ""
    # Where the site's pack is shown, on this machine alone; 0: nowhere.
    pack_port: int = 8787

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read HOME/agent.json, refusing what this version cannot honour."""
        path = home / "agent.json"
        try:
            read = json.loads(path.read_text())
        except FileNotFoundError as error:
            raise ConfigError(f"{path} is missing: enrol this device first.") from error
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from error
        if not isinstance(read, dict):
            raise ConfigError(f"{path} must hold one JSON object.")
        return cls.from_json(read)

    @classmethod
    def from_json(cls, read: dict[str, Any]) -> Self:
        """Build the settings from one JSON object and check them."""
        known = set(cls.__dataclass_fields__)
        if unknown := sorted(set(read) - known):
            raise ConfigError(f"agent.json: unknown settings {', '.join(unknown)}.")
        if missing := [name for name in ("portal", "node_id") if not read.get(name)]:
            raise ConfigError(f"agent.json: {' and '.join(missing)} must be set.")
        for name, kind in _KINDS.items():
            if name in read and not isinstance(read[name], kind):
                raise ConfigError(f"agent.json: {name} must be a {kind.__name__}.")
        config = cls(**read)
        config.check()
        return config

    def check(self) -> None:
        """Refuse settings that would only fail later, at night."""
        try:
            self.node_id = str(UUID(self.node_id))
        except (ValueError, AttributeError, TypeError) as error:
            raise ConfigError("agent.json: node_id must be a UUID.") from error
        if not isinstance(self.period_s, int | float) or not 1 <= self.period_s <= 86400:
            raise ConfigError("agent.json: period_s must be between 1 and 86400 seconds.")
        if self.mode not in MODES:
            raise ConfigError(f"agent.json: mode must be one of {', '.join(MODES)}.")
        if foreign := sorted(set(self.reach) - set(RUNGS)):
            raise ConfigError(f"agent.json: unknown reach targets {', '.join(foreign)}.")
        if isinstance(self.pack_port, bool) or not 0 <= self.pack_port <= 65535:
            raise ConfigError("agent.json: pack_port must be a port, or 0 for none.")
        self._check_orders_key()
        self._check_portal()

    def save(self, home: Path) -> None:
        """Write agent.json so that a crash leaves the old one or the new one, never half."""
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        path, draft = home / "agent.json", home / "agent.json.new"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(self), file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)

    def _check_orders_key(self) -> None:
        try:
            size = len(base64.b64decode(self.orders_key, validate=True))
        except ValueError:
            size = -1
        if self.orders_key and size != 32:
            raise ConfigError("agent.json: orders_key must be the base64 of 32 bytes.")

    def _check_portal(self) -> None:
        parts = urlsplit(self.portal)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("agent.json: portal must be an http(s) address.")
        if parts.scheme == "http" and not (self.insecure_http or _is_loopback(parts.hostname)):
            raise ConfigError(
                "agent.json: the portal must be reached by https. Plain http is only for "
                "loopback, or where insecure_http is set on purpose."
            )
        self.portal = self.portal.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
