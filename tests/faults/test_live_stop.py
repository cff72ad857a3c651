"""A web process that is told to stop ends its streams itself, however many are open."""

import contextlib
import socket

import pytest

from bcp_portal.shared.ports import free_port
from tests.servers import wait_for_port

pytestmark = pytest.mark.faults

VIEWERS = 100


def listen(port: int, session: str) -> socket.socket:
    viewer = socket.create_connection(("127.0.0.1", port), timeout=60)
    request = f"GET /live/ HTTP/1.1\r\nHost: x\r\nCookie: sessionid={session}\r\n\r\n"
    viewer.sendall(request.encode())
    text = b""
    while b"event: pulse" not in text:
        text += viewer.recv(4096)
    return viewer


def rest_of(viewer: socket.socket) -> bytes:
    text = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := viewer.recv(4096):
            text += chunk
    return text


def test_a_server_with_a_hundred_open_streams_stops_when_it_is_told(place):
    place.run("tests/faults/sign_in.py")
    session = place.processes[-1].log.read_text().strip().splitlines()[-1]
    port = free_port()
    web = place.start(
        "web", "-m", "uvicorn", "bcp_portal.asgi:application", "--port", str(port),
        "--ws", "none", "--log-level", "warning", "--timeout-graceful-shutdown", "30",
    )  # fmt: skip
    wait_for_port(port, within=60)
    viewers = [listen(port, session) for _ in range(VIEWERS)]

    web.stop()

    ends = [rest_of(viewer) for viewer in viewers]
    # The empty last chunk: ended in order, not cut off.
    assert all(end.endswith(b"0\r\n\r\n") for end in ends)
