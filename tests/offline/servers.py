"""A server of the portal that can be stopped and started again on the same port."""

import socket
from contextlib import contextmanager, suppress

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler

from bcp_portal.shared.ports import free_port


class CuttingServer(ThreadedWSGIServer):
    """A server that can cut the lines that browsers keep open."""

    allow_reuse_address = True

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.lines: list[socket.socket] = []

    def get_request(self):
        line, address = super().get_request()
        self.lines.append(line)
        return line, address

    def cut(self) -> None:
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class CuttingThread(LiveServerThread):
    """The thread of such a server."""

    server_class = CuttingServer

    def _create_server(self, connections_override=None):
        return CuttingServer(
            (self.host, self.port),
            QuietWSGIRequestHandler,
            allow_reuse_address=True,
            connections_override=connections_override,
        )


class StoppableServer:
    """The portal on one port, on the store of the test."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread: CuttingThread | None = None
        # A store in memory is shared with the threads of the server, stopped or not.
        self.shared = {
            connection.alias: connection
            for connection in connections.all()
            if connection.vendor == "sqlite" and connection.is_in_memory_db()
        }
        for connection in self.shared.values():
            connection.inc_thread_sharing()

    def start(self) -> None:
        self.thread = CuttingThread(
            "127.0.0.1", StaticFilesHandler, connections_override=self.shared, port=self.port
        )
        self.thread.daemon = True
        self.thread.start()
        self.thread.is_ready.wait()
        if self.thread.error:
            raise self.thread.error

    def stop(self) -> None:
        if self.thread is not None:
            self.thread.httpd.cut()
            self.thread.terminate()
        self.thread = None

    def leave(self) -> None:
        self.stop()
        for connection in self.shared.values():
            connection.dec_thread_sharing()


@contextmanager
def stoppable_server():
    server = StoppableServer()
    server.start()
    try:
        yield server
    finally:
        server.leave()
