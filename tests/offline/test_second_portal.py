"""A second portal restored from a backup takes what devices still hold, each operation once."""

import secrets

import pytest

from tests.offline.portals import own_portal

PREPARE = """
import json
from bcp_portal.accounts.roles import Role
from tests.make import make_user
from tests.make_incidents import make_run, step_of
run = make_run({"Isolate": ["Unplug", "Lock the door"]})
user = make_user(Role.INCIDENT_COMMANDER)
steps = [step_of(run, text).pk for text in ("Unplug", "Lock the door")]
print(json.dumps({"run": run.pk, "user": user.pk, "steps": steps}))
"""
TELL = """
import json
from django.test import Client
from bcp_portal.accounts.models import User
from incidents.models import Operation
client = Client()
client.force_login(User.objects.get(pk=@user))
body = {"device": "phone", "person": @user, "operations": @operations}
answer = client.post("/api/v1/offline/operations/", body, "application/json").json()
found = list(answer["runs"].values())
print(json.dumps({
    "outcomes": [one["outcome"] for one in answer["results"]],
    "known": Operation.objects.count(),
    "hash": found[0]["hash"],
}))
"""


@pytest.fixture
def portals(tmp_path):
    """The portal that is lost, and an empty one with the same key."""
    key = secrets.token_urlsafe(48)
    with (
        own_portal(tmp_path / "lost", key) as lost,
        own_portal(tmp_path / "second", key) as second,
    ):
        yield [lost, second]


def tick(number: int, run: int, step: int) -> dict:
    return {
        "op_id": f"019a0000-0000-7000-8000-00000000000{number}",
        "kind": "tick", "run": run, "step": step, "hlc": f"179000000000{number}-00000-phone",
        "client_time": "2026-11-22T09:12:00Z", "offset_ms": 0, "uncertainty_ms": 50,
    }  # fmt: skip


def test_the_second_portal_takes_the_queue_once_also_what_the_first_had_taken(portals, tmp_path):
    lost, second = portals
    for words in (["migrate"], ["sync_roles"]):
        lost.manage(*words)
    made = lost.ask(PREPARE)
    arrived, waiting = (
        tick(number, made["run"], step) for number, step in enumerate(made["steps"])
    )
    before = lost.ask(TELL, user=made["user"], operations=[arrived])
    lost.manage("backup", "--out", str(tmp_path / "copy.tar.gz"))
    second.manage("restore", str(tmp_path / "copy.tar.gz"))

    # The answer to the first one was lost with the portal: the device tells both.
    first = second.ask(TELL, user=made["user"], operations=[arrived, waiting])
    again = second.ask(TELL, user=made["user"], operations=[waiting, arrived])

    assert before["outcomes"] == ["applied"]
    assert first["outcomes"] == again["outcomes"] == ["applied", "applied"]
    assert first["known"] == again["known"] == 2
    assert first["hash"] == again["hash"] != before["hash"]
