"""The page of requirements names every demand, and only pages and tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "requirements.md"
HOW_MANY = {
    "C": 5, "T": 9, "I": 3, "K": 6, "F": 3, "P": 7, "R": 4, "G": 6, "O": 5, "X": 4, "V": 9, "D": 3,
}  # fmt: skip
ROW = re.compile(r"\| ([A-Z]\d) \| (.+) \| (.+) \| (.+) \|")
ROWS = ROW.findall(PAGE.read_text())


@cache
def functions_of(name: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((ROOT / "tests" / f"{name}.py").read_text())
    return {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}


def addresses(resolver, namespace: str = "") -> set[str]:
    found: set[str] = set()
    for one in resolver.url_patterns:
        if hasattr(one, "url_patterns"):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            found |= addresses(one, inner)
        elif one.name:
            found.add(namespace + one.name)
    return found


def test_every_demand_has_one_row():
    asked = [f"{kind}{number}" for kind, most in HOW_MANY.items() for number in range(1, most + 1)]

    assert sorted(row[0] for row in ROWS) == sorted(asked)


@pytest.mark.parametrize(("demand", "held"), [(row[0], row[3]) for row in ROWS])
def test_what_holds_a_demand_exists_and_is_not_skipped(demand, held):
    named = re.findall(r"`([\w/]+): (\w+)`", held)

    assert named
    for room, sentence in named:
        test = functions_of(room).get(f"test_{sentence}")
        assert test is not None, f"{demand}: {room} has no test “{sentence}”"
        marks = {ast.unparse(mark) for mark in test.decorator_list}
        assert not {mark for mark in marks if re.match(r"pytest\.mark\.skip\b", mark)}


def test_every_page_of_a_demand_exists():
    known = addresses(get_resolver())
    named = {page for row in ROWS for page in re.findall(r"`([\w:-]+)`", row[2])}

    assert named
    assert sorted(named - known) == []
