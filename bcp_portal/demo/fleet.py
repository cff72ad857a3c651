"""A small fleet of real agents and real tills, with links that can really be cut.

Each site has the agent of agent/ with its encrypted outbox, and a till that sells into a queue
and pushes to a centre. Everything a site sends goes through lines of its own, which are TCP
proxies: cutting one ends its connections.
"""

import threading
from collections.abc import Callable, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from bcp_portal.demo.core import CoreAdapter, Replicator
from bcp_portal.demo.drills import Switches, take_orders
from bcp_portal.demo.lines import Links, listen_quietly, set_mode
from bcp_portal.demo.live_site import AgentRun, LiveSite
from bcp_portal.demo.places import CENTRE, PLACES, TABLET_SITE, TWIN, Place
from bcp_portal.demo.proxy import Address, FaultProxy
from bcp_portal.demo.safe import EVERY_S, Safe
from siaga_agent.till_central import make_server

COPY_EVERY_S = 10.0


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


class Tablet:
    """The second device of a shop: a tablet at the counter, which somebody may walk off with."""

    def __init__(self, home: Path, links: Links, *, gateway: int) -> None:
        self._home, self._links, self._gateway = home, links, gateway
        self._run: AgentRun | None = None

    def set_lost(self, *, lost: bool) -> None:
        """Take it away, or lay it back on the counter."""
        if lost and self._run is not None:
            self._run.end()
            self._run = None
        elif not lost and self._run is None:
            self._links.point(self._home, self._gateway)
            self._run = AgentRun(self._home, (), name="agent-tablet")

    def stop(self) -> None:
        """Ask it to end."""
        if self._run is not None:
            self._run.stop()


class Fleet:
    """All sites of the demo in one process."""

    def __init__(self, folder: Path, portal: str) -> None:
        self._folder = folder
        self._stopping = threading.Event()
        self._centre = Centre(folder / "centre")
        parts = urlsplit(portal)
        door = (parts.hostname or "127.0.0.1", parts.port or 80)
        # The centre takes sales on a line of its own; its twin hangs on the twin's own link.
        twin = Centre(folder / "twin")
        self._twin_line = FaultProxy(("127.0.0.1", twin.port))
        self._replicator = Replicator(
            folder / "centre", twin=f"http://127.0.0.1:{self._twin_line.port}"
        )
        self._safe = Safe(folder / "centre", folder / "safe")
        gateway = listen_quietly()
        self._sites = [self._found(place, door, gateway) for place in PLACES]
        self._tablet = Tablet(
            tablet_home(folder),
            next(site.links for site in self._sites if site.place.code == TABLET_SITE),
            gateway=gateway,
        )

    def run(self) -> None:
        """Start every site and follow the switches until told to stop."""
        self._follow(take_orders(self._folder))
        for site in self._sites:
            site.start()
        for work in (self._copy, self._back_up):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()
        while not self._stopping.wait(0.3):
            self._follow(take_orders(self._folder))
        for site in self._sites:
            site.stop()
        self._tablet.stop()
        # What they were writing is allowed to end.
        threading.Event().wait(0.2)

    def stop(self) -> None:
        """Ask everything to end."""
        self._stopping.set()

    def _found(self, place: Place, door: Address, gateway: int) -> LiveSite:
        links = Links.lay(door=door, centre=("127.0.0.1", self._centre.port))
        adapters = [CoreAdapter(self._replicator, self._safe)] if place.code == CENTRE else []
        return LiveSite(self._folder, place, links, gateway=gateway, adapters=adapters)

    def _follow(self, switches: Switches) -> None:
        for site in self._sites:
            site.obey(switches)
            if site.place.code == TWIN:
                set_mode(self._twin_line, cut=switches.cuts(site.place))
        (self._centre.stop if switches.centre_stopped else self._centre.start)()
        self._tablet.set_lost(lost=switches.tablet_lost)
        self._safe.set_lost(lost=switches.backup_lost)

    def _copy(self) -> None:
        """Copy the centre to its twin every ten seconds, a backlog at once."""
        self._again(COPY_EVERY_S, self._replicator.copy)

    def _back_up(self) -> None:
        """A new backup every few minutes."""
        self._again(EVERY_S, self._renew)

    def _renew(self) -> bool:
        self._safe.renew()
        return False

    def _again(self, every_s: float, work: Callable[[], bool]) -> None:
        while not self._stopping.wait(every_s):
            while work() and not self._stopping.is_set():
                pass


def tablet_home(folder: Path) -> Path:
    """Where the tablet's agent lives."""
    return folder / TABLET_SITE / "tablet"


def missing_sites(folder: Path, places: Sequence[Place] = PLACES) -> list[Place]:
    """The places whose agent has not been enrolled yet."""
    return [place for place in places if not (folder / place.code / "agent/agent.json").exists()]
