"""A TCP proxy that can fail the way links fail: cut, hang, reset - and come back.

    with FaultProxy(("127.0.0.1", 5432)) as proxy:
        connect_to(proxy.address)
        proxy.mode = "drop"     # the link is cut: open connections end, new ones are refused
        proxy.mode = "hang"     # the cable is there, nothing arrives: every byte waits
        proxy.mode = "reset"    # every connection ends with a RST, old and new
        proxy.mode = "pass"     # the link is back; bytes held by "hang" now arrive

On the command line it follows a file, so that a script can cut and restore a link:

    python -m bcp_portal.demo.proxy --listen 127.0.0.1:9000 --to 127.0.0.1:8000 --mode-file link
    echo drop > link
"""

import argparse
import contextlib
import signal
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

MODES = ("pass", "drop", "hang", "reset")
Address = tuple[str, int]


class FaultProxy:
    """One listening port, one place it leads to, one mode that may change at any time."""

    def __init__(self, target: Address, *, listen: Address = ("127.0.0.1", 0)) -> None:
        self.target = target
        self._mode = "pass"
        self._passing = threading.Event()
        self._passing.set()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = self._listen(listen)
        self.address: Address = self._listener.getsockname()[:2]
        self._acceptor = threading.Thread(target=self._accept_loop, daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        """Where to connect, on `address[0]`."""
        return self.address[1]

    @property
    def mode(self) -> str:
        """How the link behaves now."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}")
        with self._lock:
            self._mode = mode
        if mode == "hang":
            self._passing.clear()
        else:
            self._passing.set()
        if mode in ("drop", "reset"):
            self._end_all(reset=mode == "reset")

    def cut(self) -> None:
        """The link is gone."""
        self.mode = "drop"

    def restore(self) -> None:
        """The link is back."""
        self.mode = "pass"

    def close(self) -> None:
        """End every connection and the port."""
        self._closed.set()
        self._passing.set()
        if self._listener is not None:
            self._listener.close()
        self._end_all(reset=False)
        self._acceptor.join(timeout=2)

    def __enter__(self) -> "FaultProxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, address: Address) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
        listener.settimeout(0.2)
        return listener

    def _accept_loop(self) -> None:
        while not self._closed.is_set() and self._listener is not None:
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """Connect onwards once the link lets us, then carry bytes both ways."""
        if self._mode in ("drop", "reset"):
            _end(client, reset=True)
            return
        self._remember(client)
        self._passing.wait()
        try:
            server = socket.create_connection(self.target, timeout=5)
        except OSError:
            self._forget(client, reset=True)
            return
        server.settimeout(None)
        client.settimeout(None)
        self._remember(server)
        if self._mode in ("drop", "reset") or self._closed.is_set():
            self._forget(client, reset=True)
            self._forget(server, reset=True)
            return
        back = threading.Thread(target=self._carry, args=(server, client), daemon=True)
        back.start()
        self._carry(client, server)
        back.join()
        self._forget(client, reset=False)
        self._forget(server, reset=False)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                self._passing.wait()
                target.sendall(chunk)
            ends, how = [target], socket.SHUT_WR
        except OSError:
            ends, how = [source, target], socket.SHUT_RDWR
        # A reset says no goodbye: no polite FIN goes before it.
        for end in [] if self.mode == "reset" else ends:
            with contextlib.suppress(OSError):
                end.shutdown(how)

    def _remember(self, end: socket.socket) -> None:
        with self._lock:
            self._open.add(end)

    def _forget(self, end: socket.socket, *, reset: bool) -> None:
        with self._lock:
            self._open.discard(end)
        _end(end, reset=reset)

    def _end_all(self, *, reset: bool) -> None:
        with self._lock:
            ends = list(self._open)
        for end in ends:
            # Shutting down wakes the thread that reads it, which then closes it. For a reset
            # only the reading side: shutting down the other would say a polite goodbye first.
            if reset:
                _linger_zero(end)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)


def _linger_zero(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _end(end: socket.socket, *, reset: bool) -> None:
    if reset:
        _linger_zero(end)
    with contextlib.suppress(OSError):
        end.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one proxy until stopped, following the mode file."""
    parser = argparse.ArgumentParser(description="A TCP proxy that fails on demand.")
    parser.add_argument("--listen", default="127.0.0.1:0", help="HOST:PORT")
    parser.add_argument("--to", required=True, help="HOST:PORT")
    parser.add_argument("--mode-file", type=Path, help="file that holds the mode")
    chosen = parser.parse_args(arguments)
    stopping = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stopping.set())
    with FaultProxy(_address(chosen.to), listen=_address(chosen.listen)) as proxy:
        sys.stdout.write(f"proxy listening on {proxy.address[0]}:{proxy.port}\n")
        sys.stdout.flush()
        while not stopping.wait(0.2):
            mode = _read_mode(chosen.mode_file)
            if mode != proxy.mode:
                proxy.mode = mode
    return 0


def _read_mode(path: Path | None) -> str:
    try:
        told = path.read_text().strip() if path else "pass"
    except OSError:
        return "pass"
    return told if told in MODES else "pass"


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
