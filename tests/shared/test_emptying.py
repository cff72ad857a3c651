"""The suite empties its database though a page is still being answered."""

import threading

import psycopg
import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)
LOCK = 'LOCK TABLE "{}" IN ACCESS EXCLUSIVE MODE'.format
FIRST, SECOND = "django_session", "accounts_apitoken"


def test_who_empties_and_who_answers_wait_for_each_other_and_both_come_through(on_postgres):
    if not on_postgres:
        pytest.skip("SQLite lets one at a time write, and nobody waits in a circle")
    facts = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: facts[name] for name in names if name in facts}) as page:
        page.execute(f"SELECT 1 FROM {SECOND}")
        wants_more = threading.Timer(0.3, page.execute, [f"SELECT 1 FROM {FIRST}"])
        lets_go = threading.Timer(3.0, page.rollback)
        for timer in (wants_more, lets_go):
            timer.start()
        connection.ops.execute_sql_flush([LOCK(FIRST), LOCK(SECOND)])
        for timer in (wants_more, lets_go):
            timer.join()
