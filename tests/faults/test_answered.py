"""What a verb has answered survives a crash of the database, though its lock was let go before."""

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("only_production")]

WRITERS, CRASHES, BETWEEN = 4, 3, 150


def test_every_answered_change_survives_a_crash_of_the_database(place, hurt_postgres):
    notes = place.folder / "answered"
    notes.touch()
    writers = [
        place.start(f"writer-{n}", "-m", "tests.faults.answered_writer", f"w{n}", str(notes))
        for n in range(WRITERS)
    ]

    for _ in range(CRASHES):
        wanted = len(notes.read_text().splitlines()) + BETWEEN
        place.until(
            lambda wanted=wanted: len(notes.read_text().splitlines()) >= wanted, "nobody writes"
        )
        hurt_postgres.restart_immediately()
        answered = set(notes.read_text().splitlines())
        kept = {reason for (reason,) in place.sql("SELECT reason FROM engine_callhold")}
        assert answered - kept == set()

    assert all(writer.is_alive for writer in writers)
    for writer in writers:
        writer.kill()
    assert place.run("manage.py", "verify_audit") == 0, place._last_words()
    chained = place.number("SELECT count(*) FROM audit_auditrow WHERE action = 'calls.hold'")
    assert chained == place.number("SELECT count(*) FROM engine_callhold")
