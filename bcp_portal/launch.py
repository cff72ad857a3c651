"""The programs of one machine: which they are, where they listen, when they are ready."""

import errno
import fcntl
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TextIO

from bcp_portal.shared.errors import DomainError
from bcp_portal.supervise import Program

ANYWHERE = {"0.0.0.0", "::", ""}  # addresses to recognise, not to listen on
ASK_WITHIN = 3.0


class CannotStartError(DomainError):
    """Something outside Siaga stands in the way of its start."""


def hold_data(folder: Path) -> TextIO:
    """Claim the data folder until the returned file is closed, or refuse."""
    lock = (folder / "up.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise CannotStartError(
            f"Siaga already runs on the data in {folder}."
            " Stop that one first, or choose another folder with --data."
        ) from error
    return lock


def check_port(host: str, port: int) -> None:
    """Refuse, in one sentence, an address that nobody can listen on."""
    try:
        family, kind, *_rest, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotStartError(_why_not(error, host, port)) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use by another program."
            f" Choose another one, for example: bin/up --port {port + 1}"
        )
    if error.errno == errno.EACCES:
        return f"This account may not listen on port {port}. Choose one above 1023 with --port."
    return f"This machine cannot listen on {host}: {error.strerror or error}."


def address(host: str, port: int) -> str:
    """Name the address a person on this machine opens."""
    shown = "127.0.0.1" if host in ANYWHERE else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def programs(*, host: str, port: int, data: Path, demo: bool) -> list[Program]:
    """List everything that runs on one machine; each is alone and restartable."""
    manage = (sys.executable, "manage.py")
    celery = (sys.executable, "-m", "celery", "-A", "bcp_portal")
    web = (
        sys.executable, "-m", "uvicorn", "bcp_portal.asgi:application",
        "--host", host, "--port", str(port), "--ws", "none", "--no-access-log",
        "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "2",
        # Longer than the pause between two heartbeats: sites keep one connection.
        "--timeout-keep-alive", "75",
    )  # fmt: skip
    worker = (
        *celery, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING",
        "--without-gossip", "--without-mingle",
    )  # fmt: skip
    beat = (
        *celery, "beat", "--loglevel", "WARNING", "--schedule", str(data / "beat-schedule"),
        "--pidfile=",
    )  # fmt: skip
    commands = {
        "web": web,
        "engine": (*manage, "run_engine", "--name", "engine-1"),
        "worker": worker,
        "beat": beat,
        "watchdog": (*manage, "watchdog"),
    }
    if demo:
        commands["demo-fleet"] = (*manage, "demo_fleet", "--portal", address(host, port))
    return [
        Program(name, command, data / "logs" / f"{name}.log") for name, command in commands.items()
    ]


def what_is_missing(base: str) -> str | None:
    """Ask the running portal whether it is ready; None means it is."""
    for path, part in (("/readyz", "the portal"), ("/healthz/engine", "the engine")):
        try:
            with urllib.request.urlopen(base + path, timeout=ASK_WITHIN):
                pass
        except urllib.error.HTTPError as error:
            return f"{part} answers {error.code} on {path}"
        except OSError:
            return f"{part} does not answer on {path} yet"
    return None
