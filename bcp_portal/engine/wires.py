"""What a ring travels over: Redis where there is one, datagrams between processes where not."""

import contextlib
import logging
import os
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import redis
from django.conf import settings
from redis.client import PubSub

logger = logging.getLogger(__name__)

# A ring may take 0.2 s: half of it to connect, half to be answered.
REDIS_WAIT_S = 0.1
CHANNEL = "siaga:"


Heard = Callable[[str], None]
Stopped = Callable[[], bool]


class Wire(Protocol):
    """One way to carry rings; every failure is an OSError or a Redis error."""

    def send(self, topic: str, word: str) -> None:
        """Ring whoever listens to the topic, without waiting for them."""

    def listen(
        self, topic: str, on_ring: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None:
        """Hear rings of a topic until stopped or until the wire breaks."""


class RedisWire:
    """Rings published on the production profile's Redis."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: redis.Redis | None = None

    def send(self, topic: str, word: str) -> None:
        """Publish, over a connection that is kept."""
        if self._client is None:
            self._client = self._connect(REDIS_WAIT_S)
        self._client.publish(CHANNEL + topic, word)

    def listen(
        self, topic: str, on_ring: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None:
        """Subscribe; a Redis that hangs is found out by its silence to our pings."""
        client = self._connect(1.0)
        hearing = PubSub(client.connection_pool, ignore_subscribe_messages=True)
        with contextlib.closing(client), contextlib.closing(hearing):
            hearing.subscribe(CHANNEL + topic)
            while not stopped():
                message = hearing.get_message(timeout=0.5)
                if message is not None:
                    data = message["data"]
                    on_ring(data.decode() if isinstance(data, bytes) else str(data))

    def _connect(self, wait: float) -> redis.Redis:
        return redis.Redis.from_url(
            self._url,
            socket_timeout=wait,
            socket_connect_timeout=wait,
            retry=None,
            health_check_interval=5,
        )


class DatagramWire:
    """Rings between the processes of one machine: each listener has a socket in the data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, topic: str, word: str) -> None:
        """Ring every socket of the topic; one whose process died is cleared away."""
        with self._opened() as near, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            for name in self._names(topic):
                try:
                    sender.sendto(word.encode() or b"!", f"{near}/{name}")
                except ConnectionRefusedError:
                    (self._folder / name).unlink(missing_ok=True)
                except (BlockingIOError, FileNotFoundError):
                    continue  # it has rings enough to wake up by, or has just left

    def listen(
        self, topic: str, on_ring: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None:
        """Bind a socket of our own and hear it."""
        place = self._folder / f"bell-{topic}-{os.getpid()}-{os.urandom(3).hex()}.sock"
        with self._opened() as near, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(f"{near}/{place.name}")
            ear.setblocking(False)
            try:
                while not stopped():
                    if select.select([ear], [], [], 0.5)[0]:
                        on_ring(ear.recv(200).decode(errors="replace"))
            finally:
                place.unlink(missing_ok=True)

    def _names(self, topic: str) -> list[str]:
        return [path.name for path in self._folder.glob(f"bell-{topic}-*.sock")]

    @contextlib.contextmanager
    def _opened(self) -> Iterator[str]:
        # Addresses of sockets are short (108 bytes); the data folder's path may not be.
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)


def the_wire() -> Wire:
    """Choose the wire of the present profile."""
    if settings.REDIS_URL:
        return RedisWire(settings.REDIS_URL)
    return DatagramWire(settings.DATA_DIR)
