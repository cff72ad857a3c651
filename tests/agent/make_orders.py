"""Orders as headquarters seals them, for the agent's tests: an implementation of its own."""

import base64
import json
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from siaga_agent.adapters.base import AdapterError, Findings
from siaga_agent.orders import Trust

KIND = "application/vnd.siaga.order+json"
HQ = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = base64.b64encode(HQ.public_key().public_bytes_raw()).decode()
TRUST = Trust(KEY, "SBY-02")


def document(epoch: int = 7, **fields: object) -> dict:
    base = {
        "version": 1,
        "order_id": str(uuid4()),
        "site": "SBY-02",
        "epoch": epoch,
        "mode": "normal",
        "sync": {"*": "freeze"},
    }
    return base | fields


def sealed(told: dict, *, by: Ed25519PrivateKey = HQ) -> dict:
    payload = json.dumps(told).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(KIND), KIND.encode(), len(payload), payload)
    return {
        "payloadType": KIND,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "hq", "sig": base64.b64encode(by.sign(signed)).decode()}],
    }


class Engine:
    """A sync engine in memory, as an adapter sees it."""

    def __init__(self, *streams: str) -> None:
        self.name, self.every_s = "engine", 1.0
        self.streams = streams or ("sales",)
        self.frozen: set[str] = set()
        self.pending = dict.fromkeys(self.streams, 0)
        self.broken = ""
        self.deeds: list[str] = []

    def gather(self, cursor, *, at):
        return Findings(
            streams=[
                {"name": name, "pending_records": count} for name, count in self.pending.items()
            ],
            cursor=cursor,
            frozen=frozenset(self.frozen),
        )

    def freeze(self, stream):
        self._do("freeze", stream)
        self.frozen.add(stream)

    def thaw(self, stream):
        self._do("thaw", stream)
        self.frozen.discard(stream)

    def _do(self, what, stream):
        self.deeds.append(f"{what} {stream}")
        if self.broken:
            raise AdapterError("failed", self.broken)
