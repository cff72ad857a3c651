"""What nobody would pay for on paper: raw codes, torn words, and calm where nothing is known."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from bcp_portal.accounts.roles import Role
from bcp_portal.reports.overviews.registry import find_overview
from incidents.models import Decision, Incident, RunMode, RunStep
from incidents.reports.summary import build_management_summary
from risks.history import words
from risks.models import VersionKind
from risks.reports.picture import build_picture, picture_subject
from risks.services.control import introduce_control
from tests.make import NOON, make_user
from tests.make_incidents import make_incident

LATER = NOON + timedelta(days=1)
# Narrower than this a name is torn in the middle of a word.
ROOM_FOR_A_NAME = 13


def column_lists():
    """Every list of columns in the sources: where it stands, and the widths it gives."""
    for room in ("assets", "bcp_portal", "incidents", "risks", "telemetry"):
        for path in sorted((Path(settings.BASE_DIR) / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.List) and node.elts and all(map(is_column, node.elts)):
                    yield f"{path.name}:{node.lineno}", [width(one) for one in node.elts]


def is_column(node) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PaperColumn"


def width(node) -> int:
    said = node.args[1].value if len(node.args) > 1 else ""
    return int(said[1:]) if said else 0


def test_no_table_is_wider_than_its_page_and_every_column_has_room():
    tables = dict(column_lists())
    too_wide = {
        place: widths
        for place, widths in tables.items()
        if sum(widths) + ROOM_FOR_A_NAME * widths.count(0) > 101
    }

    assert len(tables) > 20
    assert too_wide == {}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "id"])
def test_what_a_version_keeps_as_a_code_is_a_word_on_paper(language):
    introduce_control(
        facts={"name": "Spare", "kind": "corrective", "nature": "technical", "owner": make_user()},
        actor=None,
        at=NOON,
    )
    with override(language):
        kept = {"effectiveness": "untested", "status": "open", "state": "approved"}
        said = [words(kept, name) for name in kept]
        html = build_picture(
            VersionKind.CONTROL,
            subject_id=picture_subject(LATER, None),
            language=language,
            at=LATER,
        ).html

    assert not {"untested", "open", "approved"} & set(said)
    assert said[0] in html
    assert "untested" not in html


def test_a_treatment_says_its_kind_and_state_in_words():
    facts = {"treatments": [{"kind": "reduce", "plan": "Buy a spare", "status": "planned"}]}
    with override("en"):
        assert words(facts, "treatments") == "Reduce: Buy a spare (Planned)"


def test_a_decision_is_told_in_the_words_of_the_plan_and_the_reader():
    step = RunStep(
        text="Which data?",
        options=["centre", "backup"],
        translations={"id": {"text": "Data mana?"}},
    )
    free = Decision(question="Call the press?", chosen="no")
    with override("id"):
        assert Decision(step=step, question="Which data?", chosen="centre").asked == "Data mana?"
    assert (free.asked, free.answer) == ("Call the press?", "no")


@pytest.mark.django_db
def test_the_summary_of_an_exercise_is_marked_as_one():
    incident = make_incident()
    Incident.objects.filter(pk=incident.pk).update(mode=RunMode.EXERCISE)
    html = build_management_summary(subject_id=incident.pk, language="en", at=LATER).html

    assert '<div class="cover-stamp">EXERCISE</div>' in html
    assert "This was an exercise" in html


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["device_compliance", "sync_audit"])
def test_where_nothing_was_heard_nothing_is_called_well(key):
    auditor = make_user(Role.AUDITOR)

    assert find_overview(key, auditor).gather(auditor, NOON).tone == "unknown"
