"""The watchdog tells people once per outage, repeats itself, and says when it is over."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from bcp_portal.engine import watch_alone
from bcp_portal.engine.watch_alone import State, Watch, look, tell, watch_from
from tests.servers import private_smtp

LONG_ENOUGH = 20.0
WATCH = Watch(url="http://portal/healthz/engine", silence_s=60, repeat_s=900)


def looks(*story):
    """Play what the portal answered at which second; return what people were told."""
    state = State(well_at=0.0)
    told = {at: look(WATCH, state, now=float(at), why=why) for at, why in story}
    return {at: text.split(":")[0] for at, text in told.items() if text}


def test_a_short_silence_alarms_nobody():
    assert looks((5, ""), (10, "down"), (60, "down"), (64, "")) == {}


def test_an_outage_is_told_once():
    told = looks((5, ""), (10, "down"), (65, "down"), (70, "down"), (500, "down"))

    assert told == {65: "The engine of Siaga has been silent for 60 s"}


def test_an_outage_that_lasts_is_told_again():
    assert list(looks((60, "down"), (900, "down"), (960, "down"), (1860, "down"))) == [
        60,
        960,
        1860,
    ]


def test_the_end_of_an_outage_is_told():
    told = looks((60, "down"), (600, ""), (605, ""))

    assert told[600] == "The engine is back after 10 min of silence."


def test_a_second_outage_is_told_again():
    assert list(looks((60, "down"), (100, ""), (160, "down"))) == [60, 100, 160]


def test_people_are_told_by_mail_and_webhook():
    with private_smtp() as sink, hook_server() as (hook, bodies):
        watch = Watch(
            url="x", people=("a@example.org", "b@example.org"), mail_url=sink.url, webhook=hook
        )

        assert tell(watch, "The engine is silent: down") == []
        (letter,) = sink.wait_for(1)

    assert letter["To"] == "a@example.org, b@example.org"
    assert bodies[0]["text"] == "The engine is silent: down"


def test_one_way_that_fails_does_not_stop_the_other():
    with hook_server() as (hook, bodies):
        watch = Watch(url="x", people=("a@b.c",), mail_url="smtp://127.0.0.1:1", webhook=hook)

        problems = tell(watch, "silent")

    assert len(problems) == 1
    assert problems[0].startswith("mail")
    assert bodies


def test_the_settings_of_the_portal_are_those_of_the_watchdog():
    watch = watch_from(
        {
            "SIAGA_BASE_URL": "https://bcp.example.org/",
            "SIAGA_WATCHDOG_MAIL": "a@b.c, d@e.f",
            "SIAGA_WATCHDOG_SILENCE": "2m",
        }
    )

    assert watch.url == "https://bcp.example.org/healthz/engine"
    assert (watch.people, watch.silence_s) == (("a@b.c", "d@e.f"), 120.0)


@pytest.mark.faults
def test_it_runs_without_django_and_without_a_portal():
    with private_smtp() as sink:
        environment = {
            "PATH": os.environ["PATH"],
            "SIAGA_BASE_URL": "http://127.0.0.1:1",
            "SIAGA_EMAIL_URL": sink.url,
            "SIAGA_WATCHDOG_MAIL": "duty@example.org",
            "SIAGA_WATCHDOG_SILENCE": "0.2s",
        }
        command = [sys.executable, "-I", "-S", watch_alone.__file__, "--every", "0.1"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            letters = sink.wait_for(1, within=LONG_ENOUGH)
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(LONG_ENOUGH)

    assert letters[0]["Subject"].startswith("The engine of Siaga has been silent")
    assert status == 0


class hook_server:  # used like a function
    def __enter__(self):
        bodies = []

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/", bodies

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
