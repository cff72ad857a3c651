"""Any file with JSON in our schema: for a sync that writes its state down and runs no command."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from siaga_agent.adapters.base import AdapterError
from siaga_agent.adapters.command import MAX_OUTPUT, ToldAdapter
from siaga_agent.store import Json

STALE_AFTER_S = 300.0
AHEAD = timedelta(seconds=60)


class JsonFileAdapter(ToldAdapter):
    """Reads the file at each look; one that nobody has written lately is an error, not news.

    A writer that died leaves its last good figures behind: they would look healthy for ever.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._path = Path(str(settings["path"]))
        self._stale_after = timedelta(seconds=float(settings.get("stale_after_s", STALE_AFTER_S)))

    def told(self, cursor: Json, *, at: datetime) -> str:
        """The file's text, when it is young enough and whole."""
        if not self._path.is_file():
            raise AdapterError("no_file", f"{self._path} is no file.")
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_OUTPUT + 1)
            written = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError) as error:
            raise AdapterError("no_file", f"{self._path} cannot be read: {error}") from error
        if len(text) > MAX_OUTPUT:
            raise AdapterError("too_large", f"{self._path} has more than {MAX_OUTPUT} bytes.")
        self._refuse_old(written, at)
        return text.decode(errors="replace")

    def _refuse_old(self, written: datetime, at: datetime) -> None:
        if at - written > self._stale_after:
            age = round((at - written).total_seconds())
            raise AdapterError("stale", f"{self._path} was last written {age} s ago.")
        if written - at > AHEAD:
            raise AdapterError("stale", f"{self._path} carries a time in the future.")
