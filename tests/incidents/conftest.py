"""A real listener for webhooks on a loopback port."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class HookServer:
    def __init__(self):
        self.got = []
        self.answer = 200
        self.page = b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                self.send_response(outer.answer)
                self.end_headers()

            def do_GET(self):
                self.send_response(outer.answer)
                self.end_headers()
                self.wfile.write(outer.page)

            def log_message(self, *_arguments):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)


@pytest.fixture
def hook_server():
    hooks = HookServer()
    hooks.thread.start()
    yield hooks
    hooks.server.shutdown()
    hooks.server.server_close()
    hooks.thread.join()
