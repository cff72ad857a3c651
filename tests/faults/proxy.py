"""The fault proxy of the demo's links, under the name by which tests know it.

It is run as `python -m tests.faults.proxy --to HOST:PORT --mode-file FILE`; see
`bcp_portal.demo.proxy` for the modes.
"""

import contextlib
import socket
import sys

from bcp_portal.demo import proxy as demo_proxy
from bcp_portal.demo.proxy import MODES, Address, main

__all__ = ["MODES", "Address", "FaultProxy", "main"]


class FaultProxy(demo_proxy.FaultProxy):
    """The demo's proxy whose reset is a true RST: no polite FIN goes before it."""

    def _end_all(self, *, reset: bool) -> None:
        if not reset:
            super()._end_all(reset=False)
            return
        with self._lock:
            ends = list(self._open)
        for end in ends:
            # Only the reading side: that wakes the thread, and closing then sends the RST.
            demo_proxy._linger_zero(end)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RD)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """As the demo's, but in silence while the mode is reset."""
        try:
            while chunk := source.recv(65536):
                self._passing.wait()
                target.sendall(chunk)
            ends, how = [target], socket.SHUT_WR
        except OSError:
            ends, how = [source, target], socket.SHUT_RDWR
        for end in [] if self.mode == "reset" else ends:
            with contextlib.suppress(OSError):
                end.shutdown(how)


if __name__ == "__main__":
    sys.exit(main())
