"""Replays a fleet with outages of every kind against the real detection, in a scratch database."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from telemetry.models import Signal
from telemetry.services import simulation as world
from telemetry.services.detection import detect
from telemetry.services.inspection import inspect_fleet
from telemetry.simulation import PERIOD_S, STEP, Plan, Report, Told, judge_run, make_plan

BEGINS = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
INSIDE = "SIAGA_SIMULATION"
SUSPECT = timedelta(seconds=2.5 * PERIOD_S)


class Command(BaseCommand):
    """Print naive alarms against ours, false groups, attribution and delay."""

    help = "Replay a fleet with planned outages against the real detection (scratch database)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The size of the fleet, and the seed that makes a run repeatable."""
        parser.add_argument("--sites", type=int, default=1000)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Never in the database of the portal: start again beside it."""
        if os.environ.get(INSIDE) != "1":
            self._start_apart(options)
            return
        call_command("migrate", verbosity=0)
        plan = make_plan(options["sites"], seed=options["seed"], begins=BEGINS)
        self._print(plan, Run(plan).play(), options["seed"])

    def _start_apart(self, options: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory(prefix="siaga-simulation-") as folder:
            environment = os.environ | {
                INSIDE: "1", "DATABASE_URL": "", "REDIS_URL": "", "SIAGA_DATA_DIR": folder,
            }  # fmt: skip
            words = ["--sites", str(options["sites"]), "--seed", str(options["seed"])]
            command = [sys.executable, "manage.py", "simulate_fleet", *words]
            code = subprocess.run(command, env=environment, check=False).returncode
        if code:
            raise SystemExit(code)

    def _print(self, plan: Plan, report: Report, seed: int) -> None:
        span = plan.ends - BEGINS
        write = self.stdout.write
        write(f"{len(plan.sites)} sites, seed {seed}, {span} replayed, one pass each {STEP}")
        write(f"own outages of single sites: {len(plan.own)}")
        write(f"naive alarms (2.5 periods of silence, each site): {report.naive}")
        write(f"our signals without a larger cause: {report.ours}")
        groups = ", ".join(report.false_groups) or "none"
        write(f"false group signals: {len(report.false_groups)} ({groups})")
        for finding in report.findings:
            delay = "-" if finding.delay is None else f"{finding.delay.total_seconds():.0f} s"
            what = f"{finding.event.cause} {finding.event.value}".strip()
            write(
                f"  {what:<14} {len(finding.event.sites):>5} sites   told {finding.found} of"
                f" {finding.of}   after {delay}"
            )
        write(f"a pass: median {report.median_s:.3f} s, longest {report.slowest_s:.3f} s")


class Run:
    """One run through a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._devices: dict[int, int] = {}
        self._heard = [BEGINS] * len(plan.sites)
        self._silent: set[int] = set()
        self._naive = 0
        self._was_down: dict[int, datetime] = {}
        self._took: list[float] = []
        self._plugged: set[str] = set()

    def play(self) -> Report:
        """Step by step to the end."""
        self._devices = world.lay_out(sites=self.plan.sites, at=BEGINS)
        at, step = BEGINS, 0
        while at < self.plan.ends:
            at, step = at + STEP, step + 1
            self._move(at, step)
            began = time.perf_counter()
            detect(at=at)
            if step % 4 == 0:
                inspect_fleet(at=at)
            self._took.append(time.perf_counter() - began)
            # What ten thousand live screens would be told is nobody's here.
            connection.queries_log.clear()
        told = [
            Told(f"{rule}:{key}", opened_at, parent)
            for rule, key, opened_at, parent in Signal.objects.values_list(
                "rule", "key", "opened_at", "parent_key"
            )
        ]
        report = judge_run(self.plan, told, self._naive)
        report.slowest_s, report.median_s = max(self._took), statistics.median(self._took)
        return report

    def _move(self, at: datetime, step: int) -> None:
        portal = self.plan.running("portal", at)
        down = self.plan.down(at)
        world.see(witnesses_answer=portal is None, at=at)
        self._special(at)
        due = {s.number for s in self.plan.sites if s.phase == step % (PERIOD_S // 15)}
        for number in down:
            self._was_down.setdefault(number, at)
        speaking = set() if portal else due - down
        returned = [n for n in speaking if n in self._was_down]
        if returned:
            since = min(self._was_down.pop(n) for n in returned)
            world.flood(devices=[self._devices[n] for n in returned], began_at=since, at=at)
        centre = self.plan.running("centre", at) is None
        world.beat(devices=[self._devices[n] for n in speaking], centre_answers=centre, at=at)
        for number in speaking:
            self._heard[number] = at
        silent = {n for n, heard in enumerate(self._heard) if at - heard >= SUSPECT}
        self._naive += len(silent - self._silent)
        self._silent = silent

    def _special(self, at: datetime) -> None:
        for event in self.plan.events:
            pks = [self._devices[n] for n in event.sites]
            begins, ends = f"{event.cause} begins", f"{event.cause} ends"
            if event.cause not in ("power", "clock") or at < event.begins:
                continue
            if begins not in self._plugged:
                self._plugged.add(begins)
                if event.cause == "power":
                    world.pull_the_plug(devices=pks, at=at)
                else:
                    world.turn_clocks(devices=pks, offset_ms=3_600_000)
            elif at >= event.ends and ends not in self._plugged:
                self._plugged.add(ends)
                if event.cause == "power":
                    world.restore_power(devices=pks)
                else:
                    world.turn_clocks(devices=pks, offset_ms=0)
