"""One site of the demo's fleet: its lines, its agent, its till, and its plug in the wall."""

import threading
from collections.abc import Sequence
from pathlib import Path

from bcp_portal.demo.drills import Switches
from bcp_portal.demo.lines import Links
from bcp_portal.demo.places import FIELD_PLACES, Place
from bcp_portal.demo.till import Till, TillAdapter
from siaga_agent.adapters import Adapter
from siaga_agent.agent import Agent
from siaga_agent.clock import Clock
from siaga_agent.enrol import TOKEN
from siaga_agent.home import open_home
from siaga_agent.till_push import PowerCutError

DARK_S = 12.0
# After a power cut the machine is up before anybody has opened the till.
CLOSED_S = 45.0


class LiveSite:
    """Everything that runs at one place, until it is stopped or the power goes."""

    def __init__(
        self, folder: Path, place: Place, links: Links, *, gateway: int, adapters: Sequence[Adapter]
    ) -> None:
        self.place, self.links = place, links
        self._folder, self._gateway = folder / place.code, gateway
        self._has_till = place in FIELD_PLACES
        self._adapters = (
            [TillAdapter(self.till_home, place.code)] if self._has_till else list(adapters)
        )
        self._agent: AgentRun | None = None
        self._stopping = threading.Event()

    @property
    def till_home(self) -> Path:
        """Where the till keeps its sales."""
        return self._folder / "till"

    def start(self) -> None:
        """Power on."""
        self._plug_in()
        if self._has_till:
            name = f"till-{self.place.code}"
            threading.Thread(target=self._trade, name=name, daemon=True).start()

    def stop(self) -> None:
        """Ask everything to end."""
        self._stopping.set()
        if self._agent is not None:
            self._agent.stop()

    def obey(self, switches: Switches) -> None:
        """Break and mend what the switches say of this place."""
        code = self.place.code
        self.links.set_cut(cut=switches.cuts(self.place), portal_cut=switches.portal_cut)
        if not self._has_till:
            return
        for flag, on in (
            ("forgetful", code in switches.forgetful),
            ("faulty", code in switches.faulty),
        ):
            _mark(self.till_home / flag, on=on)
        for flag, asked in (
            ("corrupt", switches.corrupt),
            ("repair", switches.repair),
            ("unplug", switches.unplug),
        ):
            if code in asked:
                _mark(self.till_home / flag, on=True)

    def _plug_in(self) -> None:
        home = self._folder / "agent"
        self.links.point(home, self._gateway)
        self._agent = AgentRun(home, self._adapters, name=f"agent-{self.place.code}")

    def _trade(self) -> None:
        while not self._stopping.is_set():
            till = Till(self.till_home, self.place, central_port=self.links.central.port)
            if till.was_cut_off:
                self._stopping.wait(CLOSED_S)
            try:
                while not self._stopping.wait(0.25):
                    till.step(self._stopping)
            except PowerCutError:
                self._go_dark()

    def _go_dark(self) -> None:
        """The machine is off for a while, and then somebody finds the fuse."""
        if self._agent is not None:
            self._agent.end()
        self._stopping.wait(DARK_S)
        self._plug_in()


class AgentRun:
    """One agent from its start to its end, in a thread of its own."""

    def __init__(self, home: Path, adapters: Sequence[Adapter], *, name: str) -> None:
        opened = open_home(home, check=True)
        token = opened.outbox.secret(TOKEN)
        if token is None:
            raise RuntimeError(f"{home} has no token")
        self._agent = Agent(
            opened.path, opened.config, opened.outbox,
            token=token, adapters=adapters, clock=Clock(),
        )  # fmt: skip
        self._outbox = opened.outbox
        self._thread = threading.Thread(target=self._agent.run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; what it has not sent waits in its outbox."""
        self._agent.stop()

    def end(self) -> None:
        """Stop, wait for it and let go of its files."""
        self._agent.stop()
        self._thread.join(timeout=10)
        self._outbox.close()


def _mark(flag: Path, *, on: bool) -> None:
    if on:
        flag.parent.mkdir(parents=True, exist_ok=True)
        flag.touch()
    else:
        flag.unlink(missing_ok=True)
