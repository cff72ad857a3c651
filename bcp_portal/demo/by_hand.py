"""The site's end of an order by hand: its real agent reads what was said, and answers in words."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from bcp_portal.demo.drills import UnknownDrillError, shops
from bcp_portal.shared.errors import DomainError

ANSWERS_WITHIN_S = 60
MOST = 4000
_ANSWER = "To be read back by phone: "


class NotTakenError(DomainError):
    """The agent refuses what it was told; the words are its own."""


def say_to_site(folder: Path, place: str, words: str) -> str:
    """Let the agent of a shop read an order, as its keeper would type it; its answer in words."""
    home = folder / place / "agent"
    if place not in shops() or not home.is_dir():
        raise UnknownDrillError(f"There is no agent at {place or 'such a place'}.")
    command = [sys.executable, "-m", "siaga_agent", "orders", "--home", str(home), "--read", "-"]
    done = subprocess.run(
        command, input=words[:MOST], capture_output=True, text=True, timeout=ANSWERS_WITHIN_S,
        env=os.environ | {"PYTHONPATH": str(settings.BASE_DIR / "agent")}, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [""])[-1]
        raise NotTakenError(_("The site does not take it: %(said)s") % {"said": said})
    _before, found, answer = done.stdout.rpartition(_ANSWER)
    if not found:
        raise NotTakenError(_("The site has nothing to read back yet; say it again."))
    return answer.strip()
