"""The three ways out of each site of the demo's fleet: TCP proxies that can really be cut."""

import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from bcp_portal.demo.proxy import Address, FaultProxy
from bcp_portal.shared.ports import free_port
from siaga_agent.config import AgentConfig

PERIOD_S = 5.0


@dataclass(frozen=True)
class Links:
    """What a site reaches the world by; cutting all three is what a digger does to a fibre."""

    portal: FaultProxy
    internet: FaultProxy
    central: FaultProxy

    @classmethod
    def lay(cls, *, door: Address, centre: Address) -> "Links":
        """New lines to the portal's door and to the centre."""
        return cls(FaultProxy(door), FaultProxy(door), FaultProxy(centre))

    def set_cut(self, *, cut: bool, portal_cut: bool = False) -> None:
        """Cut or restore all three, or only the way to the portal."""
        set_mode(self.portal, cut=cut or portal_cut)
        set_mode(self.internet, cut=cut)
        set_mode(self.central, cut=cut)

    def point(self, home: Path, gateway: int) -> None:
        """Tell an enrolled agent through which ports it reaches the world this time."""
        config = AgentConfig.load(home)
        config.portal = f"http://127.0.0.1:{self.portal.port}"
        config.period_s = PERIOD_S
        # Many agents on one machine: each shows its site's pack at an address of its own.
        config.pack_port = free_port()
        config.reach = {
            "gateway": f"tcp://127.0.0.1:{gateway}",
            "internet": f"http://127.0.0.1:{self.internet.port}/healthz",
            "central": f"http://127.0.0.1:{self.central.port}/healthz",
            "portal": f"http://127.0.0.1:{self.portal.port}/healthz",
        }
        config.save(home)


def set_mode(line: FaultProxy, *, cut: bool) -> None:
    """Cut or restore one line, if it is not so already."""
    mode = "drop" if cut else "pass"
    if line.mode != mode:
        line.mode = mode


def listen_quietly() -> int:
    """The gateway of every site: a port of this machine that always answers."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept() -> None:
        while True:
            client, _address = listener.accept()
            client.close()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])
