"""The table of rules and tests in the documentation says what is there."""

import ast
import re
from pathlib import Path

from telemetry.detection.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[3]
ROW = re.compile(r"^\| ([^|]+) \| ([^|]*`test_[^|]*) \| `(tests/[^`]+)` \|$", re.MULTILINE)


def rows():
    return ROW.findall((ROOT / "docs/detection.md").read_text(encoding="utf-8"))


def names_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_rule_has_a_test_in_the_table():
    told = {int(what) for what, _tests, _path in rows() if what.isdigit()}

    assert told == {spec.number for spec in CATALOGUE}


def test_every_test_of_the_table_exists():
    gone = [
        f"{path}::{name}"
        for _what, tests, path in rows()
        for name in re.findall(r"`(test_\w+)`", tests)
        if name not in names_in(path)
    ]

    assert gone == []
