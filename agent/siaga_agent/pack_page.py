"""The site's pack on this machine's own address: for people at the site, with a link or without."""

import base64
import hashlib
import json
import logging
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

from siaga_agent.clock import Clock, ClockReading, iso
from siaga_agent.marks import new_id
from siaga_agent.pack import PackShelf
from siaga_agent.store import Json, OutboxFullError

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
MAX_BODY = 8 * 1024
RETRY_S = 60.0
KINDS = ("tick", "untick", "note")
_EMPTY = (
    "<!doctype html><meta charset=utf-8><title>Siaga</title>"
    "<p>Paket lokasi ini belum ada. / No pack of this site is held yet."
)


class PackPage:
    """Serves one page and its ticks on loopback; nothing else, to nobody else."""

    def __init__(
        self,
        shelf: PackShelf,
        *,
        port: int,
        clock: Clock,
        reading: Callable[[], ClockReading | None] = lambda: None,
    ) -> None:
        self._shelf, self.port, self._clock, self._reading = shelf, port, clock, reading
        self._server: ThreadingHTTPServer | None = None
        self._next_try = 0.0

    def open(self) -> bool:
        """Listen, unless that is so already; a port that is taken is tried again later."""
        now = self._clock.mono_ms() / 1000
        if self._server is not None or not self.port or now < self._next_try:
            return self._server is not None
        try:
            handler = type("Handler", (_Handler,), {"page": self})
            self._server = ThreadingHTTPServer((HOST, self.port), handler)
        except OSError as error:
            logger.warning("The pack cannot be shown on port %s: %s", self.port, error)
            self._next_try = now + RETRY_S
            return False
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="pack-page", daemon=True).start()
        return True

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def html(self) -> str:
        """The edition that is held, or a word that there is none."""
        held = self._shelf.read()
        return held.html if held else _EMPTY

    def told(self) -> Json:
        """The ticks and notes of the last days, and how many of them headquarters lacks."""
        held = self._shelf.read()
        return {
            "marks": self._shelf.marks.shown(at=self._clock.now()),
            "waiting": self._shelf.marks.waiting_count(),
            "edition": held.number if held else None,
        }

    def keep(self, said: Json) -> None:
        """Keep what somebody did just now; raises ValueError for what is no such thing."""
        at, reading, held = self._clock.now(), self._reading(), self._shelf.read()
        kind, item, words = said.get("kind"), _text(said, "item", 60), _text(said, "words", 500)
        if kind not in KINDS or not (words if kind == "note" else item):
            raise ValueError("neither a tick nor a note")
        op_id = str(UUID(_text(said, "op_id", 60))) if said.get("op_id") else new_id()
        self._shelf.marks.keep(
            {
                "op_id": op_id,
                "kind": kind,
                "item": item,
                "digest": held.digest if held else "",
                "at": iso(at),
                "offset_ms": None if reading is None else reading.offset_ms,
                "uncertainty_ms": None if reading is None else reading.uncertainty_ms,
                "who": _text(said, "who", 80),
                "words": words,
            },
            at=at,
        )


def _text(said: Json, name: str, most: int) -> str:
    told = said.get(name, "")
    if not isinstance(told, str):
        raise ValueError(f"{name} is no text")
    return told.strip()[:most]


def policy_of(html: str) -> str:
    """What the page may do: only the style and the script that were sealed with it."""
    style, script = (_digests(html, tag) or "'none'" for tag in ("style", "script"))
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"connect-src 'self'; style-src {style}; script-src {script}"
    )


def _digests(html: str, tag: str) -> str:
    parts = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    sums = (hashlib.sha256(part.encode()).digest() for part in parts)
    return " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in sums)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "siaga-agent", ""
    timeout = 20
    page: PackPage

    def do_GET(self) -> None:
        if not self._is_ours():
            self._say(421, "text/plain", b"")
        elif self.path == "/":
            html = self.page.html()
            self._say(200, "text/html; charset=utf-8", html.encode(), policy_of(html))
        elif self.path == "/marks":
            self._say_marks()
        else:
            self._say(404, "text/plain", b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isdigit() else -1
        if not self._is_ours() or not self._is_same_origin():
            return self._refuse(403)
        if self.path != "/marks":
            return self._refuse(404)
        if not 0 < size <= MAX_BODY:
            return self._refuse(413)
        try:
            said = json.loads(self.rfile.read(size))
            if not isinstance(said, dict):
                raise ValueError("not one object")
            self.page.keep(said)
        except (ValueError, RecursionError):
            return self._refuse(400)
        except (OutboxFullError, OSError):
            return self._refuse(507)
        self._say_marks()
        return None

    def _is_ours(self) -> bool:
        """Another name in Host is another page that was led here by its own name server."""
        return self.headers.get("Host", "") in (
            f"{HOST}:{self.page.port}",
            f"localhost:{self.page.port}",
        )

    def _is_same_origin(self) -> bool:
        """No other page of the same browser may tick here."""
        origin = self.headers.get("Origin")
        own = f"http://{self.headers.get('Host', '')}"
        is_json = self.headers.get("Content-Type", "").split(";")[0] == "application/json"
        return is_json and origin in (None, own)

    def _say_marks(self) -> None:
        body = json.dumps(self.page.told(), ensure_ascii=False).encode()
        self._say(200, "application/json", body)

    def _refuse(self, status: int) -> None:
        # Whatever of the body was not read must not be taken for the next request.
        self.close_connection = True
        self._say(status, "text/plain", b"")

    def _say(self, status: int, kind: str, body: bytes, policy: str = "default-src 'none'") -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        logger.debug(format, *args)
