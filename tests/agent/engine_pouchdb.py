"""A real pouchdb-server, in memory, from npm."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from bcp_portal.shared.ports import free_port
from tests.agent.patience import wait_until

PACKAGE = "pouchdb-server@4.2.0"
INSTALL_WITHIN_S = 30


def pouchdb_server() -> Path | None:
    """The installed program: from an earlier test, or installed now if npm is quick enough."""
    npm, home = shutil.which("npm"), _home()
    if npm is None or home is None:
        return None
    program = home / "node_modules/.bin/pouchdb-server"
    if not program.exists():
        _install(npm, home)
    return program if program.exists() else None


def _home() -> Path | None:
    """A folder of our own below the temporary one, kept for the next run."""
    home = Path(tempfile.gettempdir()) / f"siaga-pouchdb-server-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        home.mkdir(mode=0o700)
    return home if home.stat().st_uid == os.getuid() else None


def _install(npm: str, home: Path) -> None:
    """All of it or nothing: what is half installed is thrown away."""
    with tempfile.TemporaryDirectory(dir=home) as draft:
        words = [npm, "install", "--no-audit", "--no-fund", "--omit=optional", "--prefix", draft]
        process = subprocess.Popen(
            [*words, PACKAGE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            installed = process.wait(timeout=INSTALL_WITHIN_S) == 0
        except subprocess.TimeoutExpired:
            installed = False
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if installed:
            with contextlib.suppress(OSError):  # somebody else was quicker
                (Path(draft) / "node_modules").rename(home / "node_modules")


@contextlib.contextmanager
def running_pouchdb(program: Path) -> Iterator[httpx.Client]:
    """A client of a private server.

    Version 4.2 answers the removal of a replication document with an unhandled rejection; a Node
    of today ends at that unless it is told not to.
    """
    port = free_port()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20)
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [str(program), "--in-memory", "--no-stdout-logs", "--port", str(port)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"NODE_OPTIONS": "--unhandled-rejections=warn"},
            start_new_session=True,
        )
        try:
            wait_until(lambda: _answers(client), seconds=25, what="pouchdb-server answers")
            yield client
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            client.close()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").is_success
    except httpx.HTTPError:
        return False
