"""The documentation names only what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|/)([^)#\s]+)")
# A file or folder of ours in code quotes: it has a slash, and an ending or a slash at its end.
PATH = re.compile(
    r"`((?:bcp_portal|assets|telemetry|incidents|risks|templates|static|tests|benchmarks|agent|bin)"
    r"/[\w/.-]*?(?:\.\w+|/))`"
)


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")

    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_a_page_names_exists(page):
    text = page.read_text(encoding="utf-8")

    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=name)
def test_every_page_can_be_found(page):
    front = (ROOT / "README.md").read_text(encoding="utf-8")

    assert f"docs/{page.name}" in front
