"""Any program that prints JSON in our schema: the door for engines we do not know."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from siaga_agent.adapters.base import AdapterError, Findings, look_every
from siaga_agent.store import Json

MAX_OUTPUT = 2 * 1024 * 1024


class ToldAdapter:
    """Something that tells one JSON object in our schema; freezing and thawing are commands.

    The object may hold `streams`, `sync_sessions`, `conflicts`, `frozen` (names), `app`,
    `backup` and `cursor`.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.name = str(settings["name"])
        self.streams = tuple(settings.get("streams", ()))
        self.every_s = look_every(settings)
        self._freeze = _words(settings.get("freeze", ()))
        self._thaw = _words(settings.get("thaw", ()))
        self._settle = _words(settings.get("settle", ()))
        self._timeout_s = float(settings.get("timeout_s", 20))

    def told(self, cursor: Json, *, at: datetime) -> str:
        """The text of the object; AdapterError when there is none."""
        raise NotImplementedError

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Read what is told."""
        try:
            told = json.loads(self.told(cursor, at=at))
        except (ValueError, RecursionError) as error:
            raise AdapterError("not_json", f"{self.name} did not tell JSON.") from error
        if not isinstance(told, dict):
            raise AdapterError("not_json", f"{self.name} did not tell a JSON object.")
        kept = told.get("cursor", cursor)
        return Findings(
            streams=_objects(told.get("streams")),
            sessions=_objects(told.get("sync_sessions")),
            conflicts=_objects(told.get("conflicts")),
            cursor=kept if isinstance(kept, dict) else cursor,
            frozen=frozenset(str(name) for name in told.get("frozen") or ()),
            app=told.get("app"),
            backup=told.get("backup"),
        )

    def freeze(self, stream: str) -> None:
        """Run the freeze command; `{stream}` in it becomes the name."""
        self._switch(self._freeze, stream, "freeze")

    def thaw(self, stream: str) -> None:
        """Run the thaw command."""
        self._switch(self._thaw, stream, "thaw")

    def settle(self, decision: Json) -> bool:
        """Run the settle command with the decision as JSON on its input; False without one."""
        if not self._settle:
            return False
        run_limited(
            self._settle, timeout_s=self._timeout_s, typed=json.dumps(decision, sort_keys=True)
        )
        return True

    def _switch(self, words: list[str], stream: str, what: str) -> None:
        if not words:
            raise AdapterError(f"no_{what}", f"{self.name} has no {what} command.")
        run_limited([word.replace("{stream}", stream) for word in words], timeout_s=self._timeout_s)


class CommandAdapter(ToldAdapter):
    """Runs a command that prints the object; it gets its last cursor in SIAGA_CURSOR."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._command = _words(settings["command"])

    def told(self, cursor: Json, *, at: datetime) -> str:
        """Run the status command."""
        return run_limited(
            self._command,
            timeout_s=self._timeout_s,
            extra_env={"SIAGA_CURSOR": json.dumps(cursor)},
        )


def run_limited(
    words: Sequence[str],
    *,
    timeout_s: float,
    extra_env: Mapping[str, str] | None = None,
    typed: str = "",
) -> str:
    """Run a program with a limit on its time and its output; return what it printed.

    The program leads a process group of its own, and the whole group ends with it: a script's
    grandchild that holds the pipe open cannot hold us up.
    """
    env = {**os.environ, **(extra_env or {})}
    with (
        tempfile.TemporaryFile() as typing,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        typing.write(typed.encode())
        typing.seek(0)
        try:
            process = subprocess.Popen(
                list(words),
                stdin=typing,
                stdout=out,
                stderr=err,
                env=env,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise AdapterError("cannot_start", f"{words[0]}: {error}") from error
        try:
            status = process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise AdapterError("timeout", f"{words[0]} took over {timeout_s:g} s.") from error
        finally:
            _end_group(process)
        out.seek(0)
        err.seek(0)
        printed = out.read(MAX_OUTPUT + 1)
        complaint = err.read(2000).decode(errors="replace").strip()
    if len(printed) > MAX_OUTPUT:
        raise AdapterError("too_large", f"{words[0]} printed more than {MAX_OUTPUT} bytes.")
    if status:
        raise AdapterError("failed", f"{words[0]} ended with status {status}: {complaint}")
    return printed.decode(errors="replace")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _words(told: Any) -> list[str]:
    if isinstance(told, str):
        raise AdapterError("settings", "A command must be a list of words, not one text.")
    return [str(word) for word in told]


def _objects(told: Any) -> list[Json]:
    return [entry for entry in told if isinstance(entry, dict)] if isinstance(told, list) else []
