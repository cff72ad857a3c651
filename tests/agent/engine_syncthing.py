"""Two real Syncthings; see `tests.agent.engines`."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx

from bcp_portal.shared.ports import free_port
from tests.agent.patience import wait_until
from tests.faults.proxy import FaultProxy

Json = dict[str, Any]
FOLDER = "stock"


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
        # After a few lost connections Syncthing waits minutes before it dials again. A device
        # that is resumed is dialled at once: as a cable would be that somebody plugs in anew.
        self.branch.post("/rest/system/pause", device=self.centre.device_id)
        self.branch.post("/rest/system/resume", device=self.centre.device_id)
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
