"""The proxy fails the way links fail, and comes back."""

import os
import socket
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.faults.proxy import FaultProxy


class _Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while told := self.request.recv(1024):
            self.request.sendall(told)


@pytest.fixture
def proxy():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    with FaultProxy(server.server_address) as running:
        yield running
    server.shutdown()
    server.server_close()


def connect(proxy):
    return socket.create_connection(proxy.address, timeout=1)


def say(line, text):
    line.sendall(text)
    return line.recv(1024)


def exchange(proxy):
    with connect(proxy) as line:
        if say(line, b"hello") == b"":
            raise ConnectionError("closed without an answer")


def test_pass_carries_bytes_both_ways(proxy):
    with connect(proxy) as line:
        assert say(line, b"hello") == b"hello"


def test_drop_ends_what_is_open_and_refuses_what_is_new(proxy):
    with connect(proxy) as line:
        say(line, b"hello")
        proxy.cut()
        assert line.recv(10) == b""
    with pytest.raises(ConnectionError):
        exchange(proxy)


def test_reset_is_a_reset(proxy):
    with connect(proxy) as line:
        say(line, b"hello")
        proxy.mode = "reset"
        with pytest.raises(ConnectionResetError):
            line.recv(10)


def test_hang_holds_bytes_back_and_pass_lets_them_go(proxy):
    with connect(proxy) as line:
        say(line, b"hello")
        proxy.mode = "hang"
        line.sendall(b"later")
        with pytest.raises(TimeoutError):
            line.recv(10)

        proxy.restore()
        assert line.recv(10) == b"later"


def test_restore_lets_new_connections_through(proxy):
    proxy.cut()
    proxy.restore()

    with connect(proxy) as line:
        assert say(line, b"again") == b"again"


def test_the_command_line_follows_a_file(proxy, tmp_path):
    mode = tmp_path / "mode"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.faults.proxy"),
            *("--to", f"127.0.0.1:{proxy.port}", "--mode-file", str(mode)),
        ],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    try:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            assert say(line, b"hello") == b"hello"
            mode.write_text("drop\n")
            assert line.recv(10) == b""
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
