"""Private PostgreSQL, Redis and SMTP servers on free loopback ports, for tests and benchmarks."""

import contextlib
import functools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller

from bcp_portal.shared.ports import free_port
from bcp_portal.supervise import Reaper

START_WITHIN = 30.0
# Never for tests that pull the plug: what such a server acknowledged may be lost.
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off")


@functools.cache
def reaper() -> Reaper:
    """Share one process that ends our servers if we are killed."""
    return Reaper(grace=1.0)


def wait_for_port(port: int, *, within: float = START_WITHIN) -> None:
    """Return when somebody accepts connections on the port, or raise TimeoutError."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port} after {within:.0f} s")


def postgres_binaries() -> Path:
    """Find the folder of the newest PostgreSQL server installed here."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise FileNotFoundError("PostgreSQL's server programs are not installed (initdb)")
    return Path(on_path).parent


def server_user() -> str | None:
    """Name the account that PostgreSQL runs under: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise LookupError("PostgreSQL refuses to run as root and there is no other account for it")


class Server:
    """A child process that can be stopped, killed, frozen and started again."""

    def __init__(self, command: list[str], *, port: int, folder: Path, user: str | None) -> None:
        self.command = command
        self.port = port
        self.folder = folder
        self.user = user
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server was never started"
        return self.process.pid

    def start(self) -> None:
        identity = {} if self.user is None else _identity(self.user)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **identity,
            )
        reaper().watch(self.process.pid)
        try:
            self.wait_until_ready()
        except TimeoutError as error:
            words = self.log.read_text(errors="replace")[-2000:]
            raise TimeoutError(f"{error}\n{words}") from error

    def wait_until_ready(self) -> None:
        wait_for_port(self.port)

    def stop(self, how: signal.Signals = signal.SIGTERM, *, within: float = 20.0) -> None:
        """End the server in order; what lingers is killed."""
        if self.process is None or self.process.poll() is not None:
            return
        self.resume()
        self.process.send_signal(how)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
        reaper().forget(self.process.pid)

    def kill(self) -> None:
        """End the server and all its children as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            reaper().forget(self.process.pid)

    def pause(self) -> None:
        """Hang the server: it keeps its connections and answers nothing."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresServer(Server):
    """A PostgreSQL cluster of our own with one superuser and a random password."""

    def __init__(self, *, durable: bool = False, options: tuple[str, ...] = ()) -> None:
        folder = Path(tempfile.mkdtemp(prefix="siaga-pg-"))
        binaries, user, port = postgres_binaries(), server_user(), free_port()
        self.password = secrets.token_hex(16)
        password_file = folder / "password"
        password_file.write_text(self.password)
        if user is not None:
            for path in (folder, password_file):
                shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
        subprocess.run(
            [
                str(binaries / "initdb"), "--pgdata", str(folder / "data"),
                "--username", "siaga", "--pwfile", str(password_file),
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8",
                "--no-sync", "--no-instructions",
            ],
            cwd=folder, check=True, capture_output=True,
            **({} if user is None else _identity(user)),
        )  # fmt: skip
        command = [
            str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
            "-c", "max_connections=200", "-c", "shared_buffers=256MB",
            *(() if durable else FAST), *options,
        ]  # fmt: skip
        super().__init__(command, port=port, folder=folder, user=user)
        self.binaries = binaries

    def url(self, database: str = "postgres") -> str:
        """Address one database of this cluster as DATABASE_URL wants it."""
        return f"postgres://siaga:{self.password}@127.0.0.1:{self.port}/{database}"

    def wait_until_ready(self) -> None:
        ends = time.monotonic() + START_WITHIN
        # pg_isready also waits for crash recovery, during which the port already accepts.
        probe = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(probe, check=False).returncode != 0:
            if time.monotonic() > ends or (self.process and self.process.poll() is not None):
                raise TimeoutError("PostgreSQL did not become ready")
            time.sleep(0.05)

    def create_database(self, name: str) -> str:
        """Make an empty database and return its address."""
        subprocess.run(
            [str(self.binaries / "createdb"), "--maintenance-db", self.url(), name],
            check=True,
        )
        return self.url(name)

    def stop(self, how: signal.Signals = signal.SIGINT, *, within: float = 20.0) -> None:
        """Shut down without waiting for clients to leave (PostgreSQL's "fast")."""
        super().stop(how, within=within)

    def restart_durably(self) -> None:
        """Come back as a server that keeps what it acknowledged, with everything it holds."""
        self.stop()
        # Of an option given twice, the last word holds.
        self.command += ["-c", "fsync=on", "-c", "full_page_writes=on"]
        self.start()

    def restart_immediately(self) -> None:
        """Crash (PostgreSQL's "immediate") and come back through recovery."""
        super().stop(signal.SIGQUIT)
        self.start()


class RedisServer(Server):
    """A Redis of our own, with nothing written to disk unless asked."""

    def __init__(self, *, append_only: bool = False) -> None:
        folder = Path(tempfile.mkdtemp(prefix="siaga-redis-"))
        program, port = shutil.which("redis-server"), free_port()
        if program is None:
            raise FileNotFoundError("Redis is not installed (redis-server)")
        command = [
            program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
            "--save", "", "--appendonly", "yes" if append_only else "no", "--databases", "64",
        ]  # fmt: skip
        super().__init__(command, port=port, folder=folder, user=None)

    def url(self, database: int = 0) -> str:
        """Address one numbered database as REDIS_URL wants it."""
        return f"redis://127.0.0.1:{self.port}/{database}"


class SmtpSink:
    """A real SMTP server that keeps every mail, and refuses as many as it is told to."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse_next = 0
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server, session, envelope) -> str:

        if self.refuse_next > 0:
            self.refuse_next -= 1
            return "451 try again later"
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def wait_for(self, count: int, *, within: float = 10.0) -> list[EmailMessage]:
        """Return the mails once there are so many, or what came in time."""
        ends = time.monotonic() + within
        while len(self.messages) < count and time.monotonic() < ends:
            time.sleep(0.02)
        return list(self.messages)

    def start(self) -> None:
        self._controller.start()

    def close(self) -> None:
        self._controller.stop(no_assert=True)


@contextlib.contextmanager
def private_postgres(
    *, durable: bool = False, options: tuple[str, ...] = ()
) -> Iterator[PostgresServer]:
    """Run a PostgreSQL cluster for the length of a with block."""
    server = PostgresServer(durable=durable, options=options)
    try:
        server.start()
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def private_redis(*, append_only: bool = False) -> Iterator[RedisServer]:
    """Run a Redis for the length of a with block."""
    server = RedisServer(append_only=append_only)
    try:
        server.start()
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def private_smtp() -> Iterator[SmtpSink]:
    """Run a mail sink for the length of a with block."""
    sink = SmtpSink()
    sink.start()
    try:
        yield sink
    finally:
        sink.close()


def _identity(user: str) -> dict[str, object]:
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
