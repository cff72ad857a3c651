"""Store a group of batches: all or nothing for the group, and one by one when that fails."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import msgspec
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from bcp_portal.engine.doorbell import ring
from telemetry.ingest.decode import RejectedItem, document_of, items_of
from telemetry.ingest.facts import GroupFacts, StreamIds, gather, stream_names
from telemetry.ingest.orders import acks_in
from telemetry.ingest.plan import Arrival, Outcome, Sorted, quarantine, settle, split
from telemetry.ingest.postgres_store import PostgresStore
from telemetry.ingest.sqlite_store import SqliteStore
from telemetry.ingest.store_base import Ledgers, Store
from telemetry.ingest.tell import news_of
from telemetry.services.ledger import open_ledgers
from telemetry.services.order_ack import record_acks
from telemetry.services.stream import ensure_streams

logger = logging.getLogger(__name__)

# Stream numbers never change, so what was looked up once is known for good.
_known_streams: StreamIds = {}


class StoreUnavailableError(Exception):
    """The database cannot take anything now; the sender keeps its items and comes again."""


def store_group(arrivals: Sequence[Arrival], *, at: datetime) -> list[Outcome]:
    """Store batches together; an item that no store can hold is refused, its neighbours are not.

    Returns only after the commit. Raises StoreUnavailableError when nothing was stored.
    """
    try:
        try:
            return _store(arrivals, at=at)
        except IntegrityError:
            # A stream we remember may be gone from the register; look again before judging.
            _known_streams.clear()
            return _store(arrivals, at=at)
    except (OperationalError, InterfaceError) as error:
        if not _is_deadlock(error):
            raise StoreUnavailableError(str(error)) from error
        failure: Exception = error
    except DatabaseError as error:
        failure = error
    if len(arrivals) > 1:
        logger.warning("A group of %d batches failed (%s); one by one", len(arrivals), failure)
        return [store_group([arrival], at=at)[0] for arrival in arrivals]
    return [_store_halves(arrivals[0], failure, at=at)]


def _is_deadlock(error: Exception) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in ("40P01", "40001")


def _store_halves(arrival: Arrival, failure: Exception, *, at: datetime) -> Outcome:
    """Halve a batch that the database refuses until the item at fault stands alone."""
    batch = arrival.batch
    texts = items_of(batch.document)
    if len(batch.items) <= 1:
        logger.warning("Device %s sent what cannot be stored: %s", arrival.device_id, failure)
        refused = [
            RejectedItem(place, item.seq, "The item cannot be stored.", "")
            for place, item in enumerate(batch.items)
        ]
        empty = replace(
            batch, items=[], rejected=[*batch.rejected, *refused],
            document=document_of(batch.envelope, []),
        )  # fmt: skip
        if not refused:
            raise StoreUnavailableError(str(failure)) from failure
        return store_group([replace(arrival, batch=empty)], at=at)[0]
    middle = len(texts) // 2
    outcomes = []
    for part in (slice(middle), slice(middle, None)):
        half = replace(
            batch,
            items=batch.items[part],
            rejected=batch.rejected if part.start is None else [],
            document=document_of(batch.envelope, texts[part]),
        )
        outcomes.append(store_group([replace(arrival, batch=half)], at=at)[0])
    return outcomes[0].join(outcomes[1])


def _store(arrivals: Sequence[Arrival], *, at: datetime) -> list[Outcome]:
    store: Store = PostgresStore() if connection.vendor == "postgresql" else SqliteStore()
    with transaction.atomic():
        ledgers = _ledgers(store, arrivals, at=at)
        outcomes, batches = _split(arrivals, ledgers)
        _find_contradictions(store, batches)
        facts = GroupFacts()
        ids = _stream_ids(batches)
        for batch in batches:
            ledger, _standing = ledgers[batch.arrival.key]
            settle(batch, ledger)
            facts.quarantine += quarantine(batch)
            gather(facts, batch, ids)
        if batches:
            facts.live = news_of(facts.sites, at=at)
            store.write(batches, ledgers, facts)
            if acks := acks_in(batches):
                record_acks(told=acks, at=at)
            ring("engine")
            if facts.live:
                ring("live")
    return outcomes


def _ledgers(store: Store, arrivals: Sequence[Arrival], *, at: datetime) -> Ledgers:
    keys = {arrival.key for arrival in arrivals}
    ledgers = store.ledgers(keys)
    if missing := keys - ledgers.keys():
        open_ledgers(keys=missing, at=at)
        # All of them again and in order: locks taken in two passes could deadlock.
        ledgers = store.ledgers(keys)
    return ledgers


def _split(arrivals: Sequence[Arrival], ledgers: Ledgers) -> tuple[list[Outcome], list[Sorted]]:
    outcomes, batches = [], []
    for arrival in arrivals:
        known = ledgers.get(arrival.key)
        if known is None or not known[1].is_usable:
            # Revoked since the door looked: the answer is "no", and nothing of it is kept.
            outcomes.append(Outcome(is_refused=True))
            continue
        batch = split(arrival, known[1], known[0])
        outcomes.append(batch.outcome)
        batches.append(batch)
    return outcomes, batches


def _find_contradictions(store: Store, batches: Sequence[Sorted]) -> None:
    if not any(batch.repeated for batch in batches):
        return
    for n, place in store.contradicted(batches):
        batches[n].contradicted.add(place)
    first: dict[tuple[object, int], bytes] = {}
    for batch in batches:
        key = batch.arrival.key
        # Items of this very group are not stored yet; they are compared here.
        for item in batch.fresh:
            first[key, item.seq] = msgspec.json.encode(item, order="sorted")
        for place in batch.repeated:
            item = batch.arrival.batch.items[place]
            before = first.get((key, item.seq))
            if before is not None and before != msgspec.json.encode(item, order="sorted"):
                batch.contradicted.add(place)


def _remember_streams(found: StreamIds) -> None:
    for key, number in found.items():
        _known_streams[key] = number


def _stream_ids(batches: Sequence[Sorted]) -> StreamIds:
    told = {name for batch in batches for name in stream_names(batch)}
    missing = [name for name in told if name[:2] not in _known_streams]
    if missing:
        # Kept only after the commit: a number that was rolled back must not be remembered.
        found = ensure_streams(told=missing)
        transaction.on_commit(partial(_remember_streams, found))
        return _known_streams | found
    return _known_streams
