"""Sync engines as the agent sees them: one adapter each, all with the same few answers."""

from collections.abc import Callable, Mapping
from typing import Any

from siaga_agent.adapters.base import Adapter, AdapterError
from siaga_agent.adapters.command import CommandAdapter
from siaga_agent.adapters.couchdb import CouchDbAdapter
from siaga_agent.adapters.json_file import JsonFileAdapter
from siaga_agent.adapters.litestream import LitestreamAdapter
from siaga_agent.adapters.postgres import postgres_adapter
from siaga_agent.adapters.syncthing import SyncthingAdapter

__all__ = ["Adapter", "AdapterError", "make_adapter"]

_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Adapter]] = {
    "postgres": postgres_adapter,
    "syncthing": SyncthingAdapter,
    "couchdb": CouchDbAdapter,
    "litestream": LitestreamAdapter,
    "command": CommandAdapter,
    "file": JsonFileAdapter,
}


def make_adapter(settings: Mapping[str, Any]) -> Adapter:
    """The adapter that one entry of `adapters` in agent.json describes."""
    kind = str(settings.get("kind"))
    if kind not in _KINDS:
        raise AdapterError("settings", f"adapters: kind must be one of {', '.join(_KINDS)}.")
    try:
        return _KINDS[kind](settings)
    except KeyError as error:
        raise AdapterError("settings", f"adapters: {kind} needs {error}.") from error
