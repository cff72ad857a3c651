"""Everything a real agent sends fits the published schema."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from siaga_agent.demo_source import till_adapter
from siaga_agent.enrol import enrol
from tests.agent.make_agent import write_invitation
from tests.agent.portal_stand_in import RunningPortal

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "static/telemetry.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


@pytest.mark.faults
def test_what_a_running_agent_sends_fits_the_schema(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "agent"))
    order = {"order_id": "0d9c8b7a-1111-4222-8333-444455556666", "epoch": 1, "mode": "offline"}
    with RunningPortal() as portal:
        portal.stand_in.orders = order
        invitation, settings = write_invitation(
            tmp_path,
            portal.url,
            period_s=1,
            link={"isp": "Telkom", "medium": "fiber", "colour": "red"},
            reach={"portal": portal.url, "gateway": "tcp://127.0.0.1:1"},
            adapters=[
                till_adapter(tmp_path / "till"),
                {
                    "kind": "command",
                    "name": "dead",
                    "streams": ["stock"],
                    "command": ["/no/such/program"],
                },
            ],
        )
        enrol(home=tmp_path / "home", token_json=str(invitation), settings=settings)
        agent = subprocess.Popen(
            [sys.executable, "-m", "siaga_agent", "run", "--home", str(tmp_path / "home")],
            env=os.environ.copy(),
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 40
            kinds = {"heartbeat", "sync_session", "order_status"}
            while {item["kind"] for item in portal.stand_in.items()} < kinds:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            agent.terminate()
            agent.wait(timeout=15)

    problems = [
        (problem.message, [inner.message for inner in problem.context or ()])
        for batch in portal.stand_in.batches
        for problem in VALIDATOR.iter_errors(batch)
    ]
    assert problems == []
    names = {
        stream["name"] for item in portal.stand_in.items("heartbeat") for stream in item["streams"]
    }
    assert names == {"sales", "stock"}
