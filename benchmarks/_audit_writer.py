"""One of the writers of `bin/bench audit`: says that it is ready, waits for the word, counts."""

import sys
import time

import django

django.setup()

from django.utils import timezone  # noqa: E402  # settings first

from bcp_portal.engine.services.hold import hold_all_calls  # noqa: E402

# The first one connects, prepares and reads the clock: none of that is the chain's own cost.
hold_all_calls(reason="warm", actor=None, at=timezone.now())
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.readline()
ends, count = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < ends:
    hold_all_calls(reason="bench", actor=None, at=timezone.now())
    count += 1
sys.stdout.write(f"{count}\n")
