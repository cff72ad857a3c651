"""Carrying out decided conflicts: the record as headquarters decided it, once, by a command."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siaga_agent.adapters.base import Adapter, AdapterError
from siaga_agent.orders import SITE, Trust
from siaga_agent.outbox import Outbox
from siaga_agent.sealed import BadSealError, open_sealed
from siaga_agent.store import Json

logger = logging.getLogger(__name__)

DONE = "settlements_done"
# Beyond that many the oldest are forgotten; the portal stops telling what a site has confirmed.
MOST_KEPT = 1000


class Settling:
    """Hands each decision to the adapter of its stream, and remembers which were carried out."""

    def __init__(self, outbox: Outbox, adapters: Sequence[Adapter], *, trust: Trust) -> None:
        self._outbox, self._adapters, self._trust = outbox, adapters, trust

    def take(self, told: object) -> int:
        """Carry out what is new in a sealed list; return how many decisions were.

        What no adapter can carry out, or what failed, stays for the next time: the portal tells a
        decision until the site's own digest shows it.
        """
        done = self._done()
        settled = 0
        for one in self._read(told):
            if self._is_older(one, done.get(one["scope"])):
                continue
            if self._carry_out(one):
                done[one["scope"]] = [one["decided_at"], one["decision_id"]]
                self._keep(done)
                settled += 1
        return settled

    def _read(self, told: object) -> Iterator[Json]:
        if told is None or not self._trust.key:
            return  # whoever knows no key obeys nobody
        try:
            document = open_sealed(told if isinstance(told, Mapping) else {}, key=self._trust.key)
        except BadSealError as error:
            logger.warning("Decisions about conflicts were refused. %s", error)
            return
        if document.get("site") != (self._trust.site or self._outbox.secret(SITE)):
            logger.warning("Decisions for %s were refused here.", document.get("site"))
            return
        listed = document.get("settlements")
        yield from (one for one in listed or () if _is_whole(one))

    def _is_older(self, one: Json, known: Any) -> bool:
        """A decision that was carried out, or one that a later decision has replaced."""
        return known is not None and (
            one["decision_id"] == known[1] or one["decided_at"] <= known[0]
        )

    def _carry_out(self, one: Json) -> bool:
        for adapter in self._adapters:
            settle = getattr(adapter, "settle", None)
            stream = one.get("stream")
            if settle is None or (stream and stream not in adapter.streams):
                continue
            try:
                if settle(one):
                    return True
            except AdapterError as error:
                logger.error("The decision about %s was not carried out: %s", one["scope"], error)
        return False

    def _done(self) -> Json:
        text = self._outbox.secret(DONE)
        return json.loads(text) if text else {}

    def _keep(self, done: Json) -> None:
        newest = sorted(done.items(), key=lambda item: item[1], reverse=True)[:MOST_KEPT]
        self._outbox.put_secret(DONE, json.dumps(dict(newest)))


def _is_whole(one: object) -> bool:
    wanted = ("decision_id", "decided_at", "scope")
    return isinstance(one, dict) and all(isinstance(one.get(name), str) for name in wanted)
