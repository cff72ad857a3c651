"""The reach ladder: how far a packet from this site gets, rung by rung."""

import errno
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx

from siaga_agent.store import Json
from siaga_agent.transport import tls_context

TIMEOUT_S = 3.0


class ReachLadder:
    """Asks every rung at the same time, each with its own limit."""

    def __init__(
        self,
        targets: Mapping[str, str],
        *,
        ca_file: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._targets = dict(targets)
        self._timeout_s = timeout_s
        self._client = httpx.Client(timeout=timeout_s, trust_env=False, verify=tls_context(ca_file))
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="reach")

    def probe(self) -> dict[str, Json]:
        """One answer per rung: ok, the time it took, or what went wrong."""
        asked = {rung: self._pool.submit(self._ask, url) for rung, url in self._targets.items()}
        return {rung: answer.result() for rung, answer in asked.items()}

    def close(self) -> None:
        """Stop asking."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _ask(self, url: str) -> Json:
        began = time.monotonic()
        wrong = self._ask_http(url) if url.startswith("http") else self._ask_plain(url)
        if wrong is not None:
            return {"ok": False, "err": wrong[:80]}
        return {"ok": True, "rtt_ms": round((time.monotonic() - began) * 1000)}

    def _ask_http(self, url: str) -> str | None:
        """Any answer below 500 proves the way; a server error proves that nobody is home."""
        try:
            with self._client.stream("GET", url) as response:
                return f"HTTP {response.status_code}" if response.status_code >= 500 else None
        except httpx.TimeoutException:
            return "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return f"{type(error).__name__}: {error}"

    def _ask_plain(self, url: str) -> str | None:
        parts = urlsplit(url)
        try:
            if parts.scheme == "dns":
                socket.getaddrinfo(parts.hostname, None)
            elif parts.scheme == "tcp" and parts.hostname and parts.port:
                address = (parts.hostname, parts.port)
                socket.create_connection(address, timeout=self._timeout_s).close()
            else:
                return f"not an address that can be asked: {url}"
        except TimeoutError:
            return "timeout"
        except ValueError as error:
            return str(error)
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))
        return None


def is_connected(reach: Mapping[str, Json]) -> bool | None:
    """Whether the site reaches the centre; None when nothing was asked that could tell."""
    for rung in ("central", "portal", "internet"):
        if rung in reach:
            return bool(reach[rung]["ok"])
    return None
