"""Fetching the site's pack and telling what was ticked on it, whenever headquarters is there."""

import logging
import random

from siaga_agent.backoff import Backoff
from siaga_agent.clock import Clock
from siaga_agent.pack import PackRejectedError, PackShelf, fetch_pack, tell_marks
from siaga_agent.transport import Portal

logger = logging.getLogger(__name__)

FETCH_EVERY_S = 600.0
FIRST_FETCH_S = 60.0


class PackKeeper:
    """Does what is due at each turn; the turns come every few seconds."""

    def __init__(self, shelf: PackShelf, portal: Portal, *, clock: Clock) -> None:
        self._shelf, self._portal, self._clock = shelf, portal, clock
        self._backoff = Backoff()
        self._fetch_at = 0.0
        self._tell_at = 0.0

    def turn(self) -> None:
        """Fetch and tell, if it is time for either."""
        now = self._clock.mono_ms() / 1000
        if now >= self._fetch_at:
            self._fetch()
            every = FETCH_EVERY_S if self._shelf.read() is not None else FIRST_FETCH_S
            self._fetch_at = now + every * random.uniform(0.9, 1.1)
        if now >= self._tell_at:
            told = tell_marks(self._shelf, self._portal, at=self._clock.now())
            if told is False:
                self._tell_at = now + self._backoff.failed()
            elif told:
                self._backoff.succeeded()

    def _fetch(self) -> None:
        try:
            pack = fetch_pack(self._shelf, self._portal)
        except PackRejectedError as error:
            logger.warning("A pack was refused; the one that is held stays. %s", error)
            return
        if pack is not None:
            logger.info("Holding edition %s of the pack of %s", pack.number, pack.site)
