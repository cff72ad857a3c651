"""The glossary: every class that it names exists, and says what it is."""

import re
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

GLOSSARY = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"
# A row of a table: term | `module.Class` | meaning | verbs
ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<classes>[^|]*) \| (?P<meaning>[^|]+) \|", re.M)
ROWS = [
    row
    for row in ROW.finditer(GLOSSARY.read_text(encoding="utf-8"))
    if row["term"].strip() not in ("term", "---")
]
CLASSES = [
    (row["term"].strip(), name) for row in ROWS for name in re.findall(r"`([^`]+)`", row["classes"])
]


def test_the_glossary_has_terms_and_classes():
    assert len(ROWS) > 60
    assert len(CLASSES) > 50


@pytest.mark.parametrize(("term", "name"), CLASSES, ids=[name for _term, name in CLASSES])
def test_every_class_of_the_glossary_exists(term, name):
    assert import_string(name).__doc__, f"{term}: {name} does not say what it is"


def test_no_term_is_explained_twice():
    terms = [row["term"].strip().casefold() for row in ROWS]

    assert sorted(terms) == sorted(set(terms))
