"""Handlers of the tests take their places in the tables."""

import pytest

from bcp_portal.engine import schedule
from tests import make_engine


@pytest.fixture(autouse=True)
def handlers(monkeypatch):
    monkeypatch.setitem(schedule.DEADLINES, "test.step", "tests.make_engine.fire")
    for kind in ("test.call", "test.hopeless"):
        monkeypatch.setitem(schedule.JOBS, kind, "tests.make_engine.call")
    monkeypatch.setitem(schedule.EXHAUSTED, "test.call", "tests.make_engine.exhausted")
    make_engine.called.clear()
    make_engine.trouble.clear()
