"""The running agent: three kinds of threads around one outbox."""

import logging
import random
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from siaga_agent import keeping
from siaga_agent.adapters import Adapter
from siaga_agent.clock import Clock, JumpWatch
from siaga_agent.config import AgentConfig, ConfigError
from siaga_agent.heartbeat import HeartbeatMaker
from siaga_agent.limits import write_limits
from siaga_agent.obey import Obedience
from siaga_agent.orders import OrderRejectedError, Trust, fetch_orders
from siaga_agent.outbox import Outbox
from siaga_agent.pack import PackShelf
from siaga_agent.pack_keeper import PackKeeper
from siaga_agent.pack_page import PackPage
from siaga_agent.reach import ReachLadder, is_connected
from siaga_agent.reply import Reply
from siaga_agent.sender import Sender
from siaga_agent.settle import Settling
from siaga_agent.status import remember_status
from siaga_agent.store import Json, OutboxFullError
from siaga_agent.transport import Portal
from siaga_agent.watch import AdapterWatch

logger = logging.getLogger(__name__)

IDLE_S = 0.5
FIRST_LOOK_S = 5.0
TIDY_EVERY = timedelta(minutes=5)
ORDERS_EVERY_S = 300.0
HINTED_EVERY_S = 5.0
OBEY_EVERY_S = 1.0
PACK_TURN_S = 2.0
HURRY_JITTER_S = 3.0
CALM_S = 5.0


class Agent:
    """Gathers in its own threads, beats on its phase, sends whenever something waits."""

    def __init__(
        self,
        home: Path,
        config: AgentConfig,
        outbox: Outbox,
        *,
        token: str,
        adapters: Sequence[Adapter],
        clock: Clock,
    ) -> None:
        self._home, self._config, self._outbox, self._clock = home, config, outbox, clock
        self._stopping = threading.Event()
        self._failed = False
        self._send_now = threading.Event()
        self._beat_now = threading.Event()
        self._portal = Portal(config, token=token, clock=clock)
        self._orders_portal = Portal(config, token=token, clock=clock)
        self._sender = Sender(
            outbox, self._portal, node_id=config.node_id, clock=clock, on_reply=self._on_reply
        )
        self._watches = [
            AdapterWatch(
                adapter,
                outbox,
                clock=clock,
                on_news=self._send_now.set,
                on_turn=self._beat_now.set,
            )
            for adapter in adapters
        ]
        self._trust = Trust(config.orders_key, config.site)
        self._obedience = Obedience(outbox, self._watches, clock=clock)
        self._settling = Settling(outbox, adapters, trust=self._trust)
        self._ladder = ReachLadder(config.reach, ca_file=config.ca_file)
        self._maker = HeartbeatMaker(home, config, outbox, clock=clock)
        self._jumps = JumpWatch(clock)
        shelf = PackShelf(home, outbox, trust=self._trust)
        self._pack_portal = Portal(config, token=token, clock=clock)
        self._pack_page = PackPage(
            shelf, port=config.pack_port, clock=clock, reading=lambda: self._sender.guidance.clock
        )
        self._pack_keeper = PackKeeper(shelf, self._pack_portal, clock=clock)
        self._hurry = threading.Event()
        self._way_was_cut = False
        self._told_blind = False

    def run(self) -> int:
        """Work until `stop`; 0 when asked to, 1 when a part of it broke."""
        threads = [
            threading.Thread(target=self._guard, args=(work,), name=name, daemon=True)
            for name, work in (
                *(
                    (f"look-{watch.adapter.name}", partial(self._look_loop, watch))
                    for watch in self._watches
                ),
                ("beat", self._beat_loop),
                ("send", self._send_loop),
                ("orders", self._orders_loop),
                ("pack", self._pack_loop),
            )
        ]
        for thread in threads:
            thread.start()
        self._stopping.wait()
        self._hurry.set()
        self._send_now.set()
        self._beat_now.set()
        for thread in threads:
            thread.join(timeout=5)
        self._ladder.close()
        self._portal.close()
        self._orders_portal.close()
        self._pack_page.close()
        self._pack_portal.close()
        return 1 if self._failed else 0

    def stop(self) -> None:
        """Ask every part to end after what it is doing."""
        self._stopping.set()

    def _guard(self, work: Callable[[], None]) -> None:
        """A part that breaks takes the whole agent down: half an agent would look healthy."""
        try:
            work()
        finally:
            if not self._stopping.is_set():
                self._failed = True
                self._stopping.set()

    # -- looking

    def _look_loop(self, watch: AdapterWatch) -> None:
        """Look at one engine every few seconds."""
        while not self._stopping.is_set():
            try:
                watch.look()
            except sqlite3.OperationalError as error:
                logger.error("Could not store what %s told: %s", watch.adapter.name, error)
            self._stopping.wait(watch.adapter.every_s)

    # -- beating

    def _beat_loop(self) -> None:
        for watch in self._watches:
            watch.looked.wait(FIRST_LOOK_S)
        tidied = self._clock.mono_ms() - round(TIDY_EVERY.total_seconds() * 1000)
        while not self._stopping.is_set():
            self._beat()
            if self._clock.mono_ms() - tidied >= TIDY_EVERY.total_seconds() * 1000:
                tidied = self._clock.mono_ms()
                self._tidy()
            if self._beat_now.wait(self._until_next_beat()):
                # A sync that comes and goes must not make a heartbeat of every turn.
                self._stopping.wait(CALM_S)
            self._beat_now.clear()

    def _beat(self) -> None:
        reach = self._ladder.probe()
        self._reload_mode()
        guidance = self._sender.guidance
        entry = self._maker.make(
            reach=reach,
            looks=[watch.last_look for watch in self._watches],
            period_s=self.period_s,
            reading=guidance.clock,
            ordered_mode=self._obedience.mode,
        )
        try:
            self._outbox.append_all([entry], at=self._clock.now())
            remember_status(self._outbox, guidance, entry.item, self._watches)
        except OutboxFullError:
            logger.error("The disk is full; a heartbeat was not stored")
            self._make_room()
        except sqlite3.OperationalError as error:
            logger.error("A heartbeat was not stored: %s", error)
        self._hurry_if_back(reach)
        self._send_now.set()

    def _hurry_if_back(self, reach: Mapping[str, Json]) -> None:
        """The link is back: do not sit out a long wait that only its absence had caused."""
        way = reach.get("portal", {}).get("ok", is_connected(reach))
        if way and self._way_was_cut and self._sender.lost_contact:
            self._hurry.set()
        self._way_was_cut = way is False

    @property
    def period_s(self) -> float:
        """The portal's wish, else our own setting."""
        return self._sender.guidance.next_heartbeat_s or self._config.period_s

    def _until_next_beat(self) -> float:
        """Seconds to our own phase of the period, so that a thousand sites never beat at once."""
        period, phase = self.period_s, self._sender.guidance.phase_s
        if phase is None:
            return period * random.uniform(0.9, 1.0)
        wait = (phase - self._clock.now().timestamp()) % period
        return wait if wait > period / 2 else wait + period if wait < 0.2 * period else wait

    def _reload_mode(self) -> None:
        """`mode` may be edited while we run; the rest of the file needs a restart."""
        try:
            self._config.mode = AgentConfig.load(self._home).mode
        except ConfigError as error:
            logger.warning("%s The mode stays %s.", error, self._config.mode)

    def _tidy(self) -> None:
        reading = self._sender.guidance.clock
        if self._jumps.jumped() or (reading is not None and not reading.is_sane):
            logger.warning("The clock is not to be trusted; nothing is thinned or forgotten now")
            return
        try:
            keeping.tidy(
                self._outbox, at=self._clock.now(), max_bytes=self._config.outbox_max_mib * 2**20
            )
        except (OutboxFullError, sqlite3.OperationalError) as error:
            logger.error("The outbox could not be tidied: %s", error)

    def _make_room(self) -> None:
        try:
            keeping.make_room(self._outbox)
        except (OutboxFullError, sqlite3.OperationalError) as error:
            logger.error("Not even room to make room: %s", error)

    # -- sending

    def _send_loop(self) -> None:
        while not self._stopping.is_set():
            try:
                wait = self._sender.send_round()
            except (OutboxFullError, sqlite3.OperationalError) as error:
                logger.error("The outbox could not be read or written: %s", error)
                wait = self._sender.backoff.failed()
            if wait is None:
                # Other programs may append too, and nobody rings for them.
                self._send_now.wait(IDLE_S)
            else:
                self._rest(wait)
            self._send_now.clear()

    def _rest(self, seconds: float) -> None:
        self._hurry.clear()
        if self._hurry.wait(seconds) and not self._stopping.is_set():
            # Every site behind the same cable is back at this very moment.
            self._stopping.wait(random.uniform(0, HURRY_JITTER_S))

    def _on_reply(self, reply: Reply) -> None:
        self._obedience.confirm(reply.orders_epoch, at=self._clock.now())
        blind = reply.headquarters_blind()
        if blind and not self._told_blind:
            self._tell_people(
                "The watch at headquarters is blind: nobody there sees alarms from this site now."
            )
        self._told_blind = blind

    def _tell_people(self, text: str) -> None:
        logger.warning(text)
        if self._config.notify_command:
            try:
                subprocess.Popen([*self._config.notify_command, text], start_new_session=True)
            except OSError as error:
                logger.error("The notify command did not start: %s", error)

    # -- orders

    def _orders_loop(self) -> None:
        asked_ms: int | None = None
        for watch in self._watches:
            watch.looked.wait(FIRST_LOOK_S)
        while not self._stopping.is_set():
            hinted = self._sender.guidance.orders_epoch > self._outbox.number("orders_epoch")
            now = self._clock.mono_ms()
            every = HINTED_EVERY_S if hinted else ORDERS_EVERY_S
            if asked_ms is None or now - asked_ms > every * 1000:
                asked_ms = now
                self._fetch_orders()
            stepped = self._obedience.step()
            write_limits(self._home, self._obedience.limits)
            if stepped:
                # How far an order has come is worth a heartbeat of its own.
                self._beat_now.set()
                self._send_now.set()
            self._stopping.wait(OBEY_EVERY_S)

    def _pack_loop(self) -> None:
        """Keep the site's pack fresh and shown, and tell what was ticked on it."""
        while not self._stopping.is_set():
            self._pack_page.open()
            try:
                self._pack_keeper.turn()
            except (OSError, OutboxFullError, sqlite3.OperationalError) as error:
                logger.error("The pack of the site could not be kept: %s", error)
            self._stopping.wait(PACK_TURN_S)

    def _settle(self, answer: Json) -> None:
        if self._settling.take(answer.get("settlements")):
            # What the record is now is worth a heartbeat of its own.
            self._beat_now.set()

    def _fetch_orders(self) -> None:
        try:
            state = fetch_orders(
                self._outbox,
                self._orders_portal,
                trust=self._trust,
                at=self._clock.now(),
                on_answer=self._settle,
            )
        except OrderRejectedError as error:
            logger.warning("An order was refused. %s", error)
            return
        except (OutboxFullError, sqlite3.OperationalError) as error:
            logger.error("An order could not be stored: %s", error)
            return
        if state is not None:
            self._obedience.take(state, at=self._clock.now())
            self._tell_people(
                f"Headquarters has sent an order (number {state.epoch}): see `siaga-agent orders`."
            )
            self._send_now.set()
