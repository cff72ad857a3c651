"""The files for systemd and compose are sound and name only what exists."""

import configparser
import re
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from tests.compose_structure import faults, variables

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAMS = {"uvicorn", "celery"}


def check_words(command: str) -> None:
    if match := re.search(r"manage\.py (\w+)", command):
        assert match[1] in get_commands()
    else:
        assert re.search(r"-m (\w+)", command)[1] in PROGRAMS


def test_the_compose_file_is_sound():
    assert faults(yaml.safe_load(COMPOSE.read_text())) == []


def test_a_compose_file_with_a_lost_service_is_refused():
    page = {"services": {"web": {"image": "x", "depends_on": {"gone": {}}, "colour": "red"}}}

    assert faults(page) == ["web: unknown key colour", "web: depends on gone, which is no service"]


def test_every_variable_of_the_compose_file_is_in_the_example():
    example = (DEPLOY / "siaga.env.example").read_text()

    named = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))

    assert variables(COMPOSE.read_text()) - named <= {"SIAGA_LOG_LEVEL"}


def test_the_containers_run_commands_that_exist():
    for service in yaml.safe_load(COMPOSE.read_text())["services"].values():
        command = " ".join(service.get("command", []))
        if command.startswith("python"):
            check_words(command)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_exists(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(path)

    check_words(unit["Service"]["ExecStart"])
    assert unit["Service"]["User"] == "siaga"


def test_the_target_wants_only_units_there_are():
    text = (DEPLOY / "systemd" / "siaga.target").read_text()
    wanted = re.search(r"^Wants=(.*)$", text, re.MULTILINE)[1].split()

    there = {path.name for path in UNITS}

    assert {re.sub(r"@\d", "@", name) for name in wanted} <= there
