"""Syncthing's REST API, as far as we need it."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from siaga_agent.adapters.base import AdapterError


class SyncthingApi:
    """One instance on this machine, asked with its API key."""

    def __init__(
        self, url: str, *, api_key: str | None = None, api_key_file: str | None = None
    ) -> None:
        key = api_key if api_key is not None else _read_key(api_key_file)
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"X-API-Key": key},
            timeout=httpx.Timeout(15.0, connect=3.0),
            trust_env=False,
        )

    def get(self, path: str, **query: str | int) -> Any:
        """The answer to one question; None where Syncthing knows no such thing."""
        return self._ask("GET", path, query, None)

    def post(self, path: str, **query: str | int) -> None:
        """One command."""
        self._ask("POST", path, query, None)

    def patch(self, path: str, changes: dict[str, Any]) -> None:
        """Change a part of the configuration."""
        self._ask("PATCH", path, {}, changes)

    def _ask(
        self, method: str, path: str, query: dict[str, str | int], body: dict[str, Any] | None
    ) -> Any:
        try:
            answer = self._client.request(method, path, params=query, json=body)
        except (httpx.HTTPError, OSError) as error:
            raise AdapterError("unreachable", f"Syncthing: {type(error).__name__}") from error
        if answer.status_code == 404:
            return None
        if answer.status_code in (401, 403):
            raise AdapterError("forbidden", "Syncthing refuses the API key.")
        if answer.is_error:
            raise AdapterError("refused", f"Syncthing answered {answer.status_code} to {path}.")
        if method != "GET":
            return None
        try:
            return answer.json()
        except ValueError as error:
            raise AdapterError("not_json", f"Syncthing did not answer JSON to {path}.") from error


def config_of(kind: str, name: str) -> str:
    """The configuration path of one folder or device."""
    return f"/rest/config/{kind}/{quote(name, safe='')}"


def _read_key(path: str | None) -> str:
    if path is None:
        raise AdapterError("settings", "syncthing: api_key or api_key_file is needed.")
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise AdapterError("settings", f"syncthing: {path} cannot be read.") from error
