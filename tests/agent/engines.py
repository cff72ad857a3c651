"""Real sync engines for tests: a PostgreSQL publisher and subscriber, and two Syncthings.

    with postgres_pair() as pair:
        pair.publisher.sql("INSERT INTO sales VALUES (1, 100)")
        pair.cut()                       # the subscriber loses its publisher
        pair.restore()
        settings = pair.publisher_settings()     # one entry for `adapters` in agent.json
        settings = pair.subscriber_settings()

`pair.publisher` and `pair.subscriber` are `Cluster`s: `.sql(text)` runs SQL in the database
`shop` and returns what psql prints, `.conninfo` is a connection string, `.stop()`, `.start()`.
Table `sales (id integer primary key, amount integer)` is published as `siaga_pub` and subscribed
to as `siaga_sub`, through `pair.link`, a `tests.faults.proxy.FaultProxy` (pass, drop, hang,
reset). WAL segments are 1 MiB, so a slot can be lost within seconds.

    with syncthing_pair() as pair:       # or syncthing_pair(max_conflicts=0)
        (pair.branch.folder / "stock.csv").write_text("...")
        pair.wait_in_step()
        pair.cut(); pair.restore()
        settings = pair.branch_settings()        # for `adapters`, seen from the branch
        settings = pair.centre_settings()

`pair.branch` and `pair.centre` are `Syncthing`s: `.folder` (a Path), `.device_id`, `.url`,
`.api_key`, `.get(path)`, `.post(path)`, `.rescan()`. Only the branch dials, through `pair.link`.
Discovery, relays, NAT traversal, upgrades and reports are off: nothing leaves the machine.

Both need the Debian packages (`postgresql`, `syncthing`) and work for any user; PostgreSQL, which
refuses root, is then run as the user postgres. `missing_engine(name)` says what is not installed.
Tests that use them carry `@pytest.mark.engines`.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx

from tests.faults.proxy import FaultProxy

Json = dict[str, Any]
FOLDER = "stock"


def missing_engine(name: str) -> str | None:
    """What has to be installed for an engine (`postgres`, `syncthing`); None if it is there."""
    if name == "postgres":
        return None if _postgres_bin() else "Debian package postgresql"
    return None if shutil.which("syncthing") else "Debian package syncthing"


def wait_until(reached: Callable[[], Any], *, seconds: float = 40, what: str = "") -> Any:
    """Ask again and again until the answer is true; return it."""
    deadline = time.monotonic() + seconds
    while not (answer := reached()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or reached}")
        time.sleep(0.1)
    return answer


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


# -- PostgreSQL


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
            [f"{_postgres_bin()}/postgres", "-D", str(self.home), "-p", str(self.port)],
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
        words = [f"{_postgres_bin()}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        where = self.conninfo.replace("dbname=shop", f"dbname={database}")
        done = subprocess.run(
            [*words, "-d", where, "-c", text], capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _answers(self) -> bool:
        words = [f"{_postgres_bin()}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(words).returncode == 0

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [f"{_postgres_bin()}/{program}", "--wal-segsize=1", *words],
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
            "psql": f"{_postgres_bin()}/psql",
        } | more

    def subscriber_settings(self, **more: Any) -> Json:
        return {
            "kind": "postgres",
            "role": "subscriber",
            "name": "pg-in",
            "stream": "prices",
            "conninfo": self.subscriber.conninfo,
            "subscription": self.subscription,
            "psql": f"{_postgres_bin()}/psql",
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


def _postgres_bin() -> str | None:
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


# -- Syncthing


@dataclass
class Syncthing:
    """One private Syncthing."""

    home: Path
    folder: Path
    gui_port: int
    sync_port: int
    api_key: str
    device_id: str = ""
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=20))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gui_port}"

    def get(self, path: str, **query: str | int) -> Any:
        return self._ask("GET", path, query).json()

    def post(self, path: str, **query: str | int) -> None:
        self._ask("POST", path, query)

    def rescan(self) -> None:
        """Look at the folder now, instead of when the watcher gets to it."""
        self.post("/rest/db/scan", folder=FOLDER)

    def start(self) -> None:
        log = (self.home / "log.txt").open("ab")
        self.process = subprocess.Popen(
            ["syncthing", "serve", "--no-browser", "--no-restart", "--home", str(self.home)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"STNOUPGRADE": "1", "HOME": str(self.home), "STMONITORED": "yes"},
            start_new_session=True,
        )
        log.close()
        wait_until(self._answers, what="Syncthing answers")

    def stop(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def _answers(self) -> bool:
        try:
            return "startTime" in self.get("/rest/system/status")
        except httpx.HTTPError:
            return False

    def _ask(self, method: str, path: str, query: dict[str, str | int]) -> httpx.Response:
        answer = self.client.request(
            method, self.url + path, params=query, headers={"X-API-Key": self.api_key}
        )
        answer.raise_for_status()
        return answer


@dataclass
class SyncthingPair:
    """A branch and a centre that share one folder, and the link between them."""

    branch: Syncthing
    centre: Syncthing
    link: FaultProxy

    def cut(self) -> None:
        self.link.cut()
        wait_until(lambda: not self.is_connected(), what="Syncthing notices the cut")

    def restore(self) -> None:
        self.link.restore()
        wait_until(self.is_connected, what="Syncthing is connected again")

    def is_connected(self) -> bool:
        told = self.branch.get("/rest/system/connections")["connections"]
        return bool(told.get(self.centre.device_id, {}).get("connected"))

    def wait_in_step(self) -> None:
        """Until neither side needs anything of the other."""
        wait_until(self._is_in_step, what="both sides in step")

    def _is_in_step(self) -> bool:
        for one, other in ((self.branch, self.centre), (self.centre, self.branch)):
            one.rescan()
            needs = one.get("/rest/db/completion", folder=FOLDER, device=other.device_id)
            own = one.get("/rest/db/status", folder=FOLDER)
            if needs["needItems"] or needs["needDeletes"] or own["needTotalItems"]:
                return False
        names = [
            sorted(p.name for p in side.folder.iterdir()) for side in (self.branch, self.centre)
        ]
        return names[0] == names[1]

    def branch_settings(self, **more: Any) -> Json:
        return self._settings(self.branch, self.centre) | more

    def centre_settings(self, **more: Any) -> Json:
        return self._settings(self.centre, self.branch) | more

    def _settings(self, one: Syncthing, other: Syncthing) -> Json:
        return {
            "kind": "syncthing",
            "name": "syncthing",
            "stream": "stock",
            "url": one.url,
            "api_key": one.api_key,
            "folder": FOLDER,
            "peer": other.device_id,
        }


@contextlib.contextmanager
def syncthing_pair(*, max_conflicts: int = 10) -> Iterator[SyncthingPair]:
    """Two private Syncthings sharing the folder `stock`; both vanish at the end."""
    root = Path(tempfile.mkdtemp(prefix="siaga-st-", dir="/tmp"))
    sides = [_new_syncthing(root, name) for name in ("branch", "centre")]
    branch, centre = sides
    link = FaultProxy(("127.0.0.1", centre.sync_port))
    try:
        # Only the branch dials: a connection the other way round would go past the proxy.
        _configure(branch, centre, f"tcp://127.0.0.1:{link.port}", max_conflicts)
        _configure(centre, branch, "tcp://127.0.0.1:1", max_conflicts)
        for side in sides:
            side.start()
        pair = SyncthingPair(branch, centre, link)
        wait_until(pair.is_connected, what="the two are connected")
        pair.wait_in_step()
        yield pair
    finally:
        for side in sides:
            side.stop()
            side.client.close()
        link.close()
        shutil.rmtree(root, ignore_errors=True)


def _new_syncthing(root: Path, name: str) -> Syncthing:
    home, folder = root / name / "home", root / name / "folder"
    folder.mkdir(parents=True)
    (folder / ".stfolder").mkdir()
    side = Syncthing(home, folder, free_port(), free_port(), api_key=f"key-of-the-{name}")
    words = ["syncthing", "generate", "--home", str(home), "--no-default-folder"]
    env = os.environ | {"HOME": str(root)}
    subprocess.run(words, check=True, capture_output=True, env=env, timeout=60)
    told = subprocess.run(
        ["syncthing", "--device-id", "--home", str(home)],
        check=True,
        capture_output=True,
        text=True,
        env=env,
        timeout=60,
    )
    side.device_id = told.stdout.strip()
    return side


def _configure(side: Syncthing, other: Syncthing, address: str, max_conflicts: int) -> None:
    path = side.home / "config.xml"
    tree = ElementTree.parse(path)
    root = tree.getroot()
    for name, value in _SYNCTHING_OPTIONS.items():
        _set(root.find("options"), name, value)
    _set(root.find("options"), "listenAddress", f"tcp://127.0.0.1:{side.sync_port}")
    gui = root.find("gui")
    gui.set("tls", "false")
    _set(gui, "address", f"127.0.0.1:{side.gui_port}")
    _set(gui, "apikey", side.api_key)
    for device in root.findall("device"):
        if device.get("id") != side.device_id:
            root.remove(device)
    peer = ElementTree.SubElement(root, "device", {"id": other.device_id, "name": "peer"})
    _set(peer, "address", address)
    folder = ElementTree.SubElement(
        root,
        "folder",
        {
            "id": FOLDER,
            "label": FOLDER,
            "path": str(side.folder),
            "type": "sendreceive",
            "rescanIntervalS": "3600",
            "fsWatcherEnabled": "true",
            "fsWatcherDelayS": "1",
        },
    )
    for device_id in (side.device_id, other.device_id):
        ElementTree.SubElement(folder, "device", {"id": device_id})
    _set(folder, "maxConflicts", str(max_conflicts))
    tree.write(path)


_SYNCTHING_OPTIONS = {
    "globalAnnounceEnabled": "false",
    "localAnnounceEnabled": "false",
    "relaysEnabled": "false",
    "natEnabled": "false",
    "startBrowser": "false",
    "urAccepted": "-1",
    "autoUpgradeIntervalH": "0",
    "crashReportingEnabled": "false",
    "reconnectionIntervalS": "1",
}


def _set(parent: ElementTree.Element | None, name: str, value: str) -> None:
    assert parent is not None
    found = parent.find(name)
    if found is None:
        found = ElementTree.SubElement(parent, name)
    found.text = value
