"""Enrolment: the portal's one-time JSON becomes a folder that only this device can read."""

import base64
import binascii
import json
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from siaga_agent.config import AgentConfig, ConfigError
from siaga_agent.outbox import Outbox
from siaga_agent.vault import CorruptRecordError, KeySource, Vault, create_vault, open_vault

OUTBOX = "outbox.db"
TOKEN = "token"
KEY_FILE = "agent.key"


class EnrolError(Exception):
    """The device cannot be enrolled with what was given."""


def enrol(
    *,
    home: Path,
    token_json: str | None = None,
    token_file: Path | None = None,
    portal: str | None = None,
    node_id: str | None = None,
    settings: Path | None = None,
    key_file: Path | None = None,
    passphrase: str | None = None,
    overrides: dict[str, Any] | None = None,
    again: bool = False,
) -> AgentConfig:
    """Make (or, with `again`, renew) the folder of one device."""
    told, token = _read_invitation(token_json, token_file, portal, node_id)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(stat.S_IRWXU)
    if (home / "agent.json").exists():
        config, vault = _reopen(home, told, passphrase, again=again)
    else:
        config = AgentConfig.from_json(told | _read_settings(settings) | (overrides or {}))
        source = KeySource(passphrase, None if passphrase else key_file or home / KEY_FILE)
        vault, key = create_vault(source, device=config.node_id)
        config = replace(config, key=key)
    sealed = base64.b64encode(vault.seal(TOKEN, token.encode())).decode()
    config = replace(config, token_sealed=sealed)
    outbox = Outbox(home / OUTBOX, vault)
    outbox.put_secret(TOKEN, token)
    outbox.close()
    config.save(home)
    return config


def unseal_token(config: AgentConfig, vault: Vault) -> str | None:
    """The token as agent.json keeps it, for an outbox that had to begin anew."""
    try:
        return vault.open(TOKEN, base64.b64decode(config.token_sealed)).decode()
    except (CorruptRecordError, binascii.Error):
        return None


def _reopen(
    home: Path, told: dict[str, Any], passphrase: str | None, *, again: bool
) -> tuple[AgentConfig, Vault]:
    config = AgentConfig.load(home)
    if not again:
        raise EnrolError(f"{home} is enrolled already; use --again to give it a new token.")
    if config.node_id != told["node_id"]:
        # Another identity over the same numbers would look like a cloned device.
        raise EnrolError("This folder belongs to another device; choose another --home.")
    vault = open_vault(config.key, device=config.node_id, passphrase=passphrase)
    renewed = {
        name: told[name] for name in ("portal", "site", "orders_key", "voice_key") if told.get(name)
    }
    return replace(config, **renewed), vault


def _read_invitation(
    token_json: str | None, token_file: Path | None, portal: str | None, node_id: str | None
) -> tuple[dict[str, Any], str]:
    told: dict[str, Any] = {}
    if token_json is not None:
        text = sys.stdin.read() if token_json == "-" else Path(token_json).read_text()
        told = _parse(text)
    if token_file is not None:
        told["token"] = token_file.read_text().strip()
    if portal:
        told["portal"] = portal
    if node_id:
        told["node_id"] = node_id
    if missing := [name for name in ("portal", "node_id", "token") if not told.get(name)]:
        raise EnrolError(f"Enrolling needs {', '.join(missing)}: give --token-json or its parts.")
    token = str(told["token"])
    if not token.isascii() or not token.isprintable() or " " in token:
        raise EnrolError("The token is not one word of plain characters.")
    kept = ("portal", "node_id", "site", "name", "orders_key", "voice_key")
    return {name: told[name] for name in kept if told.get(name)}, token


def _parse(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise EnrolError(
            "The token file does not hold the JSON that enrol_device prints."
        ) from error
    if not isinstance(told, dict):
        raise EnrolError("The token file must hold one JSON object.")
    return told


def _read_settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if not isinstance(told, dict):
        raise ConfigError(f"{path} must hold one JSON object.")
    return told
