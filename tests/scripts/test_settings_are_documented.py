"""docs/settings.md lists every variable the code reads, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"env_(?:str|bool|int|duration|list|secret)\(\s*\"([A-Z_]+)\"")


def documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.M))


def read_by_code() -> set[str]:
    rooms = ("bcp_portal", "assets", "telemetry", "incidents", "risks")
    return {
        name
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        for name in READ.findall(path.read_text())
    }


def read_by_scripts() -> set[str]:
    files = [*(ROOT / "bin").iterdir(), ROOT / "tests" / "run_suite.py"]
    return {
        name
        for path in files
        for name in re.findall(r"SIAGA_(?:PYTHON|VENV|TEST_PROFILE)\b", path.read_text())
    }


def test_every_setting_is_documented_and_nothing_else():
    assert documented() == read_by_code() | read_by_scripts()
