"""A small real HTTP server that gives an engine's recorded answers, by TCP or by a Unix socket.

    with RecordedEngine() as engine:
        engine.answers["GET /list"] = {"databases": []}      # or (404, {...})
        engine.url, engine.asked

The newest answer set for a question stays until another is set.
"""

import contextlib
import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler


class _TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class RecordedEngine:
    def __init__(self, *, socket_path=None):
        self.answers = {}
        self.asked = []
        handler = type("Handler", (_Handler,), {"engine": self})
        if socket_path is None:
            self._server = _TcpServer(("127.0.0.1", 0), handler)
            self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        else:
            self._server = _UnixServer(str(socket_path), handler)
            self.url = "http://engine"

    def __enter__(self):
        serve = {"poll_interval": 0.05}
        threading.Thread(target=self._server.serve_forever, kwargs=serve, daemon=True).start()
        return self

    def __exit__(self, *told):
        self._server.shutdown()
        self._server.server_close()

    def bodies(self, question):
        """What was sent along with one question, oldest first."""
        return [body for asked, body in self.asked if asked == question]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine = None

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        question = f"{self.command} {self.path}"
        self.engine.asked.append((question, body))
        told = self.engine.answers.get(question, (404, {"error": "not_found", "reason": "missing"}))
        status, answer = told if isinstance(told, tuple) else (200, told)
        written = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(written)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *told):
        """Quiet."""
