"""The line to the portal: one HTTP exchange, and what came of it."""

import gzip
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from siaga_agent import VERSION
from siaga_agent.clock import Clock
from siaga_agent.config import AgentConfig
from siaga_agent.store import Json

MAX_ANSWER_BYTES = 4 * 1024 * 1024
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True)
class Answer:
    """What the portal said: status 0 is silence, `body` only if it was one JSON object."""

    status: int
    body: Json | None
    sent: datetime
    received: datetime
    retry_after_s: float | None = None
    error: str = ""

    @property
    def is_success(self) -> bool:
        """A 2xx that can be read; anything else acknowledges nothing."""
        return 200 <= self.status < 300 and self.body is not None

    @property
    def is_refusal(self) -> bool:
        """The portal itself (not some proxy) calls the request wrong."""
        return self.status in (400, 413, 422) and self.body is not None


class Portal:
    """One keep-alive client; TLS 1.3 only, against the pinned CA when one is given."""

    def __init__(self, config: AgentConfig, *, token: str, clock: Clock) -> None:
        self._base = config.portal
        self._clock = clock
        self._headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": f"siaga-agent/{VERSION}",
            "Accept": "application/json",
        }
        self._client = httpx.Client(
            verify=tls_context(config.ca_file),
            timeout=TIMEOUT,
            # A site's portal is reached the same way by day and by night, whatever the shell says.
            trust_env=False,
            proxy=config.proxy,
            # A captive portal redirects; following it would hand it our telemetry.
            follow_redirects=False,
        )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def post_batch(self, batch: Json, *, witness: str | None) -> Answer:
        """Send one batch, compressed."""
        body = json.dumps(batch, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        if witness is not None:
            headers["X-Audit-Witness"] = witness
        return self._exchange(
            "POST", "/api/telemetry/v1/batches", headers, gzip.compress(body, compresslevel=6)
        )

    def get_orders(self, *, after: int) -> Answer:
        """Ask for the desired state, if it is newer than the given epoch."""
        return self._exchange("GET", f"/api/telemetry/v1/orders?after={after}", {}, None)

    def get_pack(self, *, number: int, digest: str) -> Answer:
        """Ask for the site's pack, unless it is the one that is held; says which one that is."""
        headers = {"If-None-Match": f'"{digest}"'} if digest else {}
        return self._exchange("GET", f"/api/telemetry/v1/pack?number={number}", headers, None)

    def post_marks(self, marks: list[Json]) -> Answer:
        """Tell what was ticked on the site's page."""
        body = json.dumps({"marks": marks}, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        return self._exchange("POST", "/api/telemetry/v1/pack/marks", headers, body)

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        sent = self._clock.now()
        try:
            with self._client.stream(
                method, self._base + path, headers={**self._headers, **headers}, content=content
            ) as response:
                body = _read_object(response)
                return Answer(
                    status=response.status_code,
                    body=body,
                    sent=sent,
                    received=self._clock.now(),
                    retry_after_s=_retry_after(response, self._clock.now()),
                    error="" if response.is_success else f"HTTP {response.status_code}",
                )
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            return Answer(0, None, sent, self._clock.now(), error=type(error).__name__)


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """TLS 1.3 or nothing, and only the pinned authority when there is one."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def _read_object(response: httpx.Response) -> Json | None:
    read = bytearray()
    for chunk in response.iter_bytes():
        read += chunk
        if len(read) > MAX_ANSWER_BYTES:
            return None
    try:
        parsed = json.loads(read)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    told = response.headers.get("Retry-After")
    if told is None:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(told) - now).total_seconds())
    except (ValueError, TypeError):
        return None
