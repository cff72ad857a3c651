"""From a real sync engine to a report: one agent, one site, and people who work by the API."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.browser.portal import ROOT, Portal, wait_until
from tests.faults.proxy import FaultProxy
from tests.servers import reaper

Json = dict[str, Any]


class Caller:
    """One of the demo's people, by the API."""

    def __init__(self, portal: Portal, username: str) -> None:
        token = json.loads(portal.manage("create_api_token", username))["token"]
        self._client = httpx.Client(
            base_url=f"{portal.address}/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        )

    def get(self, path: str, **query: object) -> Any:
        answer = self._client.get(path, params=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def rows(self, path: str, **query: object) -> list[Json]:
        return self.get(path, page_size=100, **query)["results"]

    def send(self, path: str, **body: object) -> Json:
        answer = self._client.post(path, json=body)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.text)
        return answer.json()


@contextlib.contextmanager
def running_agent(
    portal: Portal, folder: Path, *, site: str, adapter: Json
) -> Iterator[FaultProxy]:
    """Enrol and run a real agent with one adapter; yield its link to the portal."""
    printed = portal.manage("enrol_device", site, "--name", "server", "--every", "5")
    invitation, home = folder / "invitation.json", folder / "agent"
    invitation.write_text(printed)
    host, _, port = portal.address.removeprefix("http://").partition(":")
    with FaultProxy((host, int(port))) as link:
        way = f"http://127.0.0.1:{link.port}"
        settings = folder / "settings.json"
        told = {"adapters": [adapter | {"every_s": 1}], "reach": {"portal": f"{way}/healthz"}}
        settings.write_text(json.dumps(told))
        agent = [sys.executable, "-m", "siaga_agent"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "agent")}
        subprocess.run(
            [
                *agent, "enrol", "--home", str(home), "--token-json", str(invitation),
                "--portal", way, "--settings", str(settings), "--period", "5",
            ],
            check=True, env=environment, capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        with (folder / "agent.log").open("wb") as log:
            process = subprocess.Popen(
                [*agent, "run", "--home", str(home)], env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        reaper().watch(process.pid)
        try:
            yield link
        finally:
            process.terminate()
            process.wait(30)
            reaper().forget(process.pid)


def stream_of(caller: Caller, site: str, name: str) -> Json | None:
    """How the portal knows a stream of a site."""
    found = caller.rows("streams/", site__code=site)
    return next((stream for stream in found if stream["name"] == name), None)


def wait_for_pending(caller: Caller, site: str, name: str, count: int) -> None:
    """Until the portal has heard that so many records wait in a stream of a site."""

    def is_heard() -> bool:
        found = stream_of(caller, site, name)
        return found is not None and found["pending_records"] == count

    wait_until(is_heard, f"{site} never said that {count} records of {name} wait")


def incident_at(caller: Caller, site: str) -> str | None:
    """The incident that the alerts of a site have opened."""
    for alert in caller.rows("alerts/"):
        if alert["site"] == site and alert["incident"] and not alert["resolved_at"]:
            return str(alert["incident"])
    return None


def take_and_run(first: Caller, second: Caller, code: str, *, mend: Callable[[], None]) -> None:
    """Take command, follow the plan to its end; mend the link when recovery begins."""
    first.send(f"incidents/{code}/acknowledge/")
    first.send(f"incidents/{code}/take_command/")
    run = first.send(f"incidents/{code}/run/", playbook="PB-NETWORK")["id"]
    mended = False
    while steps := first.rows("steps/", phase__run=run, status__in="open,waiting"):
        step = steps[0]
        recovery = next(p for p in first.get(f"runs/{run}/")["phases"] if p["kind"] == "recovery")
        if step["phase"] == recovery["id"] and not mended:
            first.send(f"incidents/{code}/contain/")
            mend()
            mended = True
        who = second if step["status"] == "waiting" else first
        chosen = step["chosen"] or next(iter(step["choices"]), "")
        who.send(f"steps/{step['id']}/complete/", **({"chosen": chosen} if chosen else {}))
    assert mended
    assert first.get(f"runs/{run}/")["status"] == "finished"


def look_back(caller: Caller, signer: Caller, code: str) -> None:
    """Recovered, reviewed, promised, signed by somebody else, closed."""
    caller.send(f"incidents/{code}/recover/")
    review = caller.send("reviews/", incident=code)["id"]
    caller.send(
        f"reviews/{review}/write/", went_well="It was seen at once", root_cause="A cut link"
    )
    caller.send(
        "action-items/", incident=code, text="Order a second path", owner="bagus",
        due_on="2030-01-01",
    )  # fmt: skip
    signer.send(f"reviews/{review}/sign_off/")
    assert caller.send(f"incidents/{code}/close/")["status"] == "closed"


def report_of(portal: Portal, code: str, folder: Path) -> bytes:
    """The report as a file."""
    paper = folder / "report.pdf"
    portal.manage("report", code, "--out", str(paper))
    return paper.read_bytes()


def wait_for_signals_to_clear(caller: Caller, code: str) -> None:
    """Until the portal itself says that the link is back."""
    wait_until(
        lambda: caller.get(f"incidents/{code}/")["signals_cleared_at"], "the signals stayed open"
    )
