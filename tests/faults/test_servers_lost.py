"""Redis and PostgreSQL under fire: a doorbell that is lost costs nothing, a restart is survived."""

import pytest
import redis as redis_client

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("only_production")]

RUNS, STEPS = 20, 3


def kill(server):
    server.kill()


def flush(server):
    redis_client.Redis.from_url(server.url()).flushall()


def hang(server):
    server.pause()


def start_load(place):
    place.raise_flag("steps-call")
    place.worker()
    engine = place.engine()
    place.add_runs(RUNS, steps=STEPS)
    place.until(lambda: place.steps_done() > 5, "the engine does not fire")
    return engine


def assert_all_was_done_once(place):
    place.until(lambda: place.steps_done() >= RUNS * STEPS, "steps were lost")
    place.until(lambda: not place.unfinished(), "calls were lost")
    place.wait_for_cycles(3)
    assert place.steps_done() == RUNS * STEPS
    assert place.doubles() == []
    assert len({call["key"] for call in place.sent()}) == RUNS * STEPS


@pytest.mark.parametrize("accident", [kill, flush, hang])
def test_an_accident_of_redis_changes_nothing(place, redis, accident):
    engine = start_load(place)

    accident(redis)

    assert_all_was_done_once(place)
    assert engine.is_alive
    firsts = [call for call in place.sent() if not call["again"]]
    assert len(firsts) == RUNS * STEPS


def test_bells_ring_again_when_redis_is_back(place, redis):
    place.raise_flag("steps-call")
    place.engine()
    worker = place.worker()
    redis.kill()
    place.add_runs(2, steps=1)
    place.until(lambda: len(place.sent()) >= 2, "nobody was called")

    redis.start()
    first = 100

    def called_by_the_worker():
        nonlocal first
        first += 1
        place.add_runs(1, steps=1, first=first)
        return any(call["pid"] == worker.pid for call in place.sent())

    place.until(called_by_the_worker, "the worker never hears the bell again")


def test_a_database_that_crashes_and_recovers_is_survived(place, hurt_postgres):
    engine = start_load(place)

    for _ in range(2):
        done = place.steps_done()
        hurt_postgres.restart_immediately()
        place.until(
            lambda done=done: place.steps_done() >= min(done + 5, RUNS * STEPS),
            "the engine does not come back",
        )

    assert_all_was_done_once(place)
    assert engine.is_alive
    words = engine.log.read_text()
    assert 1 <= words.count("lost the database") <= 2
