"""A small fleet of real agents and real tills, with links that can really be cut.

Each site has the agent of agent/ with its encrypted outbox, and a till that sells into a queue
and pushes to a centre. Everything a site sends goes through its region's links, which are TCP
proxies: cutting one ends its connections.
"""

import logging
import random
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from bcp_portal.demo.core import CoreAdapter, Replicator
from bcp_portal.demo.drills import Switches, take_orders
from bcp_portal.demo.places import CENTRE, FIELD_PLACES, PLACES, REGIONS, TWIN, Place
from bcp_portal.demo.proxy import FaultProxy
from siaga_agent.adapters import Adapter
from siaga_agent.adapters.base import Findings
from siaga_agent.agent import Agent
from siaga_agent.clock import Clock
from siaga_agent.config import AgentConfig
from siaga_agent.demo_source import STREAM
from siaga_agent.enrol import TOKEN
from siaga_agent.home import open_home
from siaga_agent.store import Json
from siaga_agent.till_central import make_server
from siaga_agent.till_push import Pusher
from siaga_agent.till_queue import TillQueue

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
PUSH_EVERY_S = 10.0
SALES_A_MINUTE = {"branch": 6.0, "warehouse": 4.0, "vehicle": 1.0}
PERIOD_S = 5.0
TWIN_REGION = next(place.region for place in PLACES if place.code == TWIN)


class TillAdapter:
    """Looks after the till of a site from inside the same process."""

    name = f"till:{STREAM}"
    streams: tuple[str, ...] = (STREAM,)
    every_s = LOOK_EVERY_S

    def __init__(self, home: Path) -> None:
        self._home = home
        self._mine = threading.local()

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Read the queue and the sessions that are new."""
        queue = self._queue()
        sessions, last = queue.sessions_after(int(cursor.get("session", 0)))
        is_frozen = (self._home / "frozen").exists()
        return Findings(
            streams=[queue.sample(STREAM, "critical")],
            sessions=[session | {"stream": STREAM} for session in sessions],
            cursor={"session": last},
            frozen=frozenset([STREAM]) if is_frozen else frozenset(),
        )

    def freeze(self, stream: str) -> None:
        """Stop pushing."""
        (self._home / "frozen").touch()

    def thaw(self, stream: str) -> None:
        """Push again."""
        (self._home / "frozen").unlink(missing_ok=True)

    def _queue(self) -> TillQueue:
        # SQLite's connections stay with their thread.
        if not hasattr(self._mine, "queue"):
            self._mine.queue = TillQueue(self._home)
        queue: TillQueue = self._mine.queue
        return queue


@dataclass(frozen=True)
class Links:
    """The three ways out of a region; cutting them together is what a fibre cut does."""

    portal: FaultProxy
    internet: FaultProxy
    central: FaultProxy

    def set_cut(self, *, cut: bool) -> None:
        """Cut or restore all three."""
        mode = "drop" if cut else "pass"
        for proxy in (self.portal, self.internet, self.central):
            if proxy.mode != mode:
                proxy.mode = mode


class Centre:
    """The receiver of all sales; it can be stopped and started on the same port."""

    def __init__(self, home: Path) -> None:
        self._home, self._port = home, 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def port(self) -> int:
        """Where it listens, also while it is stopped."""
        return self._port

    def start(self) -> None:
        """Answer again."""
        if self._server is None:
            self._server = make_server(self._home, port=self._port)
            self._port = self._server.server_port
            threading.Thread(target=self._server.serve_forever, args=(0.2,), daemon=True).start()

    def stop(self) -> None:
        """Be gone: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Fleet:
    """All sites of the demo in one process."""

    def __init__(self, folder: Path, portal: str) -> None:
        self._folder = folder
        self._stopping = threading.Event()
        self._gateway = _listen_quietly()
        self._centre = Centre(folder / "centre")
        parts = urlsplit(portal)
        door = (parts.hostname or "127.0.0.1", parts.port or 80)
        centre = ("127.0.0.1", self._centre.port)
        self._links = {
            code: Links(FaultProxy(door), FaultProxy(door), FaultProxy(centre)) for code in REGIONS
        }
        # The centre takes sales on a line of its own; its twin hangs on the region's link.
        twin = Centre(folder / "twin")
        self._twin_line = FaultProxy(("127.0.0.1", twin.port))
        self._agents: list[Agent] = []
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        """Start every site and follow the switches until told to stop."""
        replicator = Replicator(
            self._folder / "centre", twin=f"http://127.0.0.1:{self._twin_line.port}"
        )
        self._spawn(self._copy, "copy", replicator)
        for place in PLACES:
            if place in FIELD_PLACES:
                self._start_agent(place, [TillAdapter(self._till(place.code))])
                line = self._links[place.region].central
                self._spawn(self._sell, f"till-{place.code}", place, line.port)
            else:
                adapters = [CoreAdapter(replicator)] if place.code == CENTRE else []
                self._start_agent(place, adapters)
        while not self._stopping.wait(0.3):
            self._follow(take_orders(self._folder))
        for agent in self._agents:
            agent.stop()
        for thread in self._threads:
            thread.join(timeout=0.2)

    def stop(self) -> None:
        """Ask everything to end."""
        self._stopping.set()

    def _follow(self, switches: Switches) -> None:
        for code, links in self._links.items():
            links.set_cut(cut=code in switches.cut)
        twin_mode = self._links[TWIN_REGION].central.mode
        if self._twin_line.mode != twin_mode:
            self._twin_line.mode = twin_mode
        if switches.centre_stopped:
            self._centre.stop()
        else:
            self._centre.start()
        for site in switches.corrupt:
            (self._till(site) / "corrupt").touch()
        for site in switches.repair:
            (self._till(site) / "repair").touch()

    def _till(self, site: str) -> Path:
        return self._folder / site / "till"

    def _start_agent(self, place: Place, adapters: Sequence[Adapter]) -> None:
        links = self._links[place.region]
        _point(self._folder / place.code / "agent", links, self._gateway)
        home = open_home(self._folder / place.code / "agent", check=True)
        token = home.outbox.secret(TOKEN)
        if token is None:
            raise RuntimeError(f"{place.code} has no token")
        agent = Agent(
            home.path, home.config, home.outbox, token=token, adapters=adapters, clock=Clock()
        )
        self._agents.append(agent)
        self._spawn(agent.run, f"agent-{place.code}")

    def _spawn(self, work: object, name: str, *args: object) -> None:
        thread = threading.Thread(target=work, name=name, args=args, daemon=True)  # type: ignore[arg-type]  # any callable will do
        thread.start()
        self._threads.append(thread)

    def _copy(self, replicator: Replicator) -> None:
        """Copy the centre to its twin every ten seconds, a backlog at once."""
        while not self._stopping.wait(PUSH_EVERY_S):
            while replicator.copy() and not self._stopping.is_set():
                pass

    def _sell(self, place: Place, central_port: int) -> None:
        """Sell at the pace of the place, push every ten seconds, drain a backlog at once."""
        home = self._till(place.code)
        queue = TillQueue(home)
        pusher = Pusher(home, queue, central=f"http://127.0.0.1:{central_port}", till=place.code)
        dice = random.Random()
        gap = 60.0 / SALES_A_MINUTE[place.kind]
        next_sale = time.monotonic() + gap * dice.random()
        next_push = time.monotonic() + PUSH_EVERY_S * dice.random()
        while not self._stopping.wait(0.25):
            now = time.monotonic()
            if now >= next_sale:
                queue.ring_up(at=datetime.now(UTC), dice=dice)
                next_sale = now + gap * dice.expovariate(1.0)
            if (home / "repair").exists():
                (home / "repair").unlink()
                pusher.repair()
            if now >= next_push:
                while pusher.push() and not self._stopping.is_set():
                    pass
                next_push = time.monotonic() + PUSH_EVERY_S


def _listen_quietly() -> int:
    """The gateway of every site: a port of this machine that always answers."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept() -> None:
        while True:
            client, _address = listener.accept()
            client.close()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def _point(home: Path, links: Links, gateway: int) -> None:
    """Tell an enrolled agent through which ports it reaches the world this time."""
    config = AgentConfig.load(home)
    config.portal = f"http://127.0.0.1:{links.portal.port}"
    config.period_s = PERIOD_S
    config.reach = {
        "gateway": f"tcp://127.0.0.1:{gateway}",
        "internet": f"http://127.0.0.1:{links.internet.port}/healthz",
        "central": f"http://127.0.0.1:{links.central.port}/healthz",
        "portal": f"http://127.0.0.1:{links.portal.port}/healthz",
    }
    config.save(home)


def missing_sites(folder: Path, places: Sequence[Place] = PLACES) -> list[Place]:
    """The places whose agent has not been enrolled yet."""
    return [place for place in places if not (folder / place.code / "agent/agent.json").exists()]
