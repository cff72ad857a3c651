"""Doorbells: a press never waits, a ring wakes, and a dead wire costs promptness, nothing else."""

import socket
import threading
import time
from pathlib import Path

import pytest

from bcp_portal.engine.bell_thread import Breaker, Ringer
from bcp_portal.engine.listen import BellListener
from bcp_portal.engine.wires import DatagramWire, RedisWire, the_wire

LONG_ENOUGH = 10.0


def test_a_ring_wakes_the_listener():
    listener = BellListener("test")
    listener.start()
    try:
        woken = False
        ends = time.monotonic() + LONG_ENOUGH
        while not woken and time.monotonic() < ends:  # the first rings may come before it hears
            the_wire().send("test", "")
            woken = listener.wait(0.1)
    finally:
        listener.close()

    assert woken


def test_a_listener_hears_only_its_own_topic():
    listener = BellListener("test-mine")
    listener.start()
    try:
        for _ in range(5):
            the_wire().send("test-other", "")
        assert not listener.wait(0.3)
    finally:
        listener.close()


def test_sockets_of_the_dead_are_cleared_away(tmp_path):
    place = tmp_path / "bell-test-1-abc.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(place))

    DatagramWire(tmp_path).send("test", "")

    assert not place.exists()


def test_a_data_folder_with_a_long_name_is_no_obstacle(tmp_path):
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    wire = DatagramWire(folder)
    heard, stop = threading.Event(), threading.Event()
    hearing = threading.Thread(
        target=wire.listen, args=("test", lambda _word: heard.set(), stop.is_set)
    )
    hearing.start()
    ends = time.monotonic() + LONG_ENOUGH
    while not heard.is_set() and time.monotonic() < ends:
        wire.send("test", "")
        time.sleep(0.02)
    stop.set()
    hearing.join()

    assert heard.is_set()
    assert list(folder.iterdir()) == []


def test_a_press_returns_while_the_ring_hangs():
    hanging, pressed = threading.Event(), []
    ringer = Ringer("test", lambda: lambda press: hanging.wait(LONG_ENOUGH))

    for number in range(3000):  # more than the queue holds
        ringer.press(("test", str(number)))
        pressed.append(number)

    assert not hanging.is_set()
    assert len(pressed) == 3000
    hanging.set()


def test_a_breaker_opens_after_three_failures_and_asks_again_after_its_rest():
    breaker = Breaker(failures=3, rest_s=0.0)
    patient = Breaker(failures=3, rest_s=1000.0)

    opened = [(breaker.failed(), patient.failed())[1] for _ in range(3)]

    assert opened == [False, False, True]
    assert patient.is_open
    assert not breaker.is_open
    assert breaker.succeeded()


def test_a_redis_that_is_not_there_is_a_failure_the_ringer_knows(caplog):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        wire = RedisWire(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
        ringer = Ringer("test", lambda: lambda press: wire.send(*press))
        ends = time.monotonic() + LONG_ENOUGH
        number = 0
        while not ringer.breaker.is_open and time.monotonic() < ends:
            ringer.press(("engine", str(number := number + 1)))
            time.sleep(0.02)

    assert ringer.breaker.is_open
    assert sum("does not ring" in line for line in caplog.messages) == 1


def test_the_message_files_of_celery_are_never_seen_half_written(tmp_path):
    from kombu import Connection  # noqa: PLC0415

    options = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("filesystem://", transport_options=options) as connection:
        connection.SimpleQueue("work").put({"id": 1})
        names = [path.name for path in Path(tmp_path).iterdir() if path.is_file()]
        message = connection.SimpleQueue("work").get(timeout=LONG_ENOUGH)

    assert [name.split(".")[1:] for name in names] == [["work", "msg"]]
    assert message.payload == {"id": 1}


@pytest.mark.django_db(transaction=True)
def test_a_committed_job_is_told_to_a_worker(monkeypatch):
    from bcp_portal.engine import doorbell  # noqa: PLC0415
    from tests.make_engine import make_job  # noqa: PLC0415

    pressed = []
    monkeypatch.setattr(doorbell.bell, "press", lambda topic, word: pressed.append((topic, word)))

    job = make_job()

    assert ("job", str(job.pk)) in pressed
