"""PostgreSQL logical replication, seen from the publisher or from the subscriber."""

from collections.abc import Mapping
from typing import Any

from siaga_agent.adapters.base import Adapter, AdapterError
from siaga_agent.adapters.postgres_publisher import PublisherAdapter
from siaga_agent.adapters.postgres_subscriber import SubscriberAdapter

__all__ = ["postgres_adapter"]


def postgres_adapter(settings: Mapping[str, Any]) -> Adapter:
    """The adapter for the side that `role` names: `publisher` (default) or `subscriber`."""
    role = settings.get("role", "publisher")
    if role == "publisher":
        return PublisherAdapter(settings)
    if role == "subscriber":
        return SubscriberAdapter(settings)
    raise AdapterError("settings", "postgres: role must be publisher or subscriber.")
