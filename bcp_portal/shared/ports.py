"""Ports of this machine for servers that are started on the spot: demos, drills, tests."""

import random
import socket

# Below where Linux takes the ports of outgoing connections from (32768 on): a port named there may
# belong to somebody's connection before the server that was meant to have it has started.
QUIET = range(20_000, 32_000)
TRIES = 200
_chance = random.SystemRandom()


def free_port() -> int:
    """Name a loopback port that nobody listens on at this moment; OSError if none is found."""
    for _try in range(TRIES):
        with socket.socket() as probe:
            port = _chance.choice(QUIET)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"No free port between {QUIET.start} and {QUIET.stop}.")
