"""A real PostgreSQL publisher and subscriber; see `tests.agent.engines`."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcp_portal.shared.ports import free_port
from tests.agent.patience import wait_until
from tests.faults.proxy import FaultProxy

Json = dict[str, Any]


@dataclass
class Cluster:
    """One private PostgreSQL server."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=shop"

    def create(self) -> None:
        self._run("initdb", "-D", str(self.home), "-U", "postgres", "-A", "trust", "-N")
        with (self.home / "postgresql.conf").open("a") as conf:
            conf.write(_POSTGRES_CONF)
        self.start()
        self.sql("CREATE DATABASE shop", database="postgres")
        self.sql("CREATE TABLE sales (id integer PRIMARY KEY, amount integer NOT NULL)")

    def start(self) -> None:
        log = (self.home.parent / f"{self.home.name}.log").open("ab")
        self.process = subprocess.Popen(
            [f"{postgres_bin()}/postgres", "-D", str(self.home), "-p", str(self.port)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd="/",
            **_as_postgres(),
        )
        log.close()
        wait_until(self._answers, what="PostgreSQL answers")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)  # "fast": sessions are ended, nothing is lost
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=15)
        self.process = None

    def sql(self, text: str, *, database: str = "shop") -> str:
        words = [f"{postgres_bin()}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        where = self.conninfo.replace("dbname=shop", f"dbname={database}")
        done = subprocess.run(
            [*words, "-d", where, "-c", text], capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _answers(self) -> bool:
        words = [f"{postgres_bin()}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(words).returncode == 0

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [f"{postgres_bin()}/{program}", "--wal-segsize=1", *words],
            check=True,
            capture_output=True,
            cwd="/",
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            **_as_postgres(),
        )


_POSTGRES_CONF = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = logical
fsync = off
shared_buffers = 16MB
max_connections = 30
min_wal_size = 2MB
max_wal_size = 8MB
wal_sender_timeout = 3s
wal_receiver_timeout = 3s
wal_retrieve_retry_interval = 500ms
autovacuum = off
"""


@dataclass
class PostgresPair:
    """A publisher, a subscriber, and the link between them."""

    publisher: Cluster
    subscriber: Cluster
    link: FaultProxy
    slot: str = "siaga_sub"
    subscription: str = "siaga_sub"

    def cut(self) -> None:
        self.link.cut()

    def restore(self) -> None:
        self.link.restore()

    def publisher_settings(self, **more: Any) -> Json:
        return {
            "kind": "postgres",
            "role": "publisher",
            "name": "pg-out",
            "stream": "sales",
            "conninfo": self.publisher.conninfo,
            "slot": self.slot,
            "psql": f"{postgres_bin()}/psql",
        } | more

    def subscriber_settings(self, **more: Any) -> Json:
        return {
            "kind": "postgres",
            "role": "subscriber",
            "name": "pg-in",
            "stream": "prices",
            "conninfo": self.subscriber.conninfo,
            "subscription": self.subscription,
            "psql": f"{postgres_bin()}/psql",
        } | more

    def count(self, cluster: Cluster) -> int:
        return int(cluster.sql("SELECT count(*) FROM sales"))

    def wait_in_step(self) -> None:
        """Until the subscriber holds as many sales as the publisher."""
        wait_until(
            lambda: self.count(self.subscriber) == self.count(self.publisher), what="in step"
        )


@contextlib.contextmanager
def postgres_pair() -> Iterator[PostgresPair]:
    """Two private clusters with logical replication between them; both vanish at the end."""
    folder = _public_folder("siaga-pg-")
    clusters = [Cluster(folder / name, free_port()) for name in ("publisher", "subscriber")]
    link: FaultProxy | None = None
    try:
        for cluster in clusters:
            cluster.create()
        publisher, subscriber = clusters
        link = FaultProxy(("127.0.0.1", publisher.port))
        publisher.sql("CREATE PUBLICATION siaga_pub FOR TABLE sales")
        through = publisher.conninfo.replace(f"port={publisher.port}", f"port={link.port}")
        subscriber.sql(
            f"CREATE SUBSCRIPTION siaga_sub CONNECTION '{through}' PUBLICATION siaga_pub"
        )
        pair = PostgresPair(publisher, subscriber, link)
        wait_until(lambda: _is_streaming(pair), what="the subscription streams")
        yield pair
    finally:
        for cluster in reversed(clusters):
            cluster.stop()
        if link is not None:
            link.close()
        shutil.rmtree(folder, ignore_errors=True)


def _is_streaming(pair: PostgresPair) -> bool:
    ready = pair.subscriber.sql("SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r'")
    slots = pair.publisher.sql("SELECT count(*) FROM pg_replication_slots WHERE active")
    return ready == "1" and slots == "1"


def postgres_bin() -> str | None:
    """The newest installed server; Debian keeps its programs out of the PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return str(found[-1].parent)
    on_path = shutil.which("initdb")
    return None if on_path is None else str(Path(on_path).resolve().parent)


def _as_postgres() -> Json:
    """PostgreSQL refuses to be run by root."""
    if os.geteuid():
        return {}
    return {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []}


def _public_folder(prefix: str) -> Path:
    """A folder the server's user may enter, also when the tests' own temporary one is private."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    folder.chmod(0o755)
    if not os.geteuid():
        shutil.chown(folder, "postgres")
    return folder
