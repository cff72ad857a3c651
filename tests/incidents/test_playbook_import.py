"""Playbooks from files: nothing is invented, nothing is lost, what is unclear is said."""

import json
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from bcp_portal.shared.errors import DomainError
from incidents.models import Phase, Playbook, PlaybookVersion, Step, VersionStatus
from incidents.playbooks.formats import read_json
from incidents.playbooks.markdown import read_markdown
from incidents.playbooks.reader import read_plan, ready_plans
from incidents.services.playbook import draft_playbook, load_ready_playbooks
from tests.make import NOON, make_user
from tests.make_incidents import make_policy

SAMPLES = sorted(Path(os.environ.get("SIAGA_SAMPLES", "samples"), "playbooks").glob("*.md"))
FOREIGN = """\
# Lost keys

Some words about keys.

## Part 1 — Detect

Ask calmly.

- [ ] Ask who had them **last**
- [ ] Look in {{DRAWER}}
  - the upper one
  - the lower one

## Part 2 — Contain

```text
Is the door open?
├── YES
└── NO
```

1. Change the lock. `TODO: which locksmith`
1. Tell the neighbours

## Sing

- [ ] Sing a song

## Appendix A

Further reading.
"""
PLAN = {
    "code": "PB-X",
    "title": {"en": "Flood", "id": "Banjir"},
    "phases": [
        {
            "kind": "containment",
            "name": {"en": "Contain", "id": "Kendali"},
            "steps": [{"text": {"en": "Pump", "id": "Pompa"}, "due_within": "10m"}],
        }
    ],
}


def foreign():
    return read_markdown(FOREIGN, source="keys.md")


def step(text):
    plan = foreign()
    return next(s for phase in plan.phases for s in phase.steps if s.text.startswith(text))


def test_phases_and_steps_are_read_in_order():
    plan = foreign()

    assert [(phase.kind, phase.name) for phase in plan.phases] == [
        ("identification", "Detect"),
        ("containment", "Contain"),
        ("containment", "Sing"),
    ]
    assert [s.text for s in plan.phases[0].steps] == [
        "Ask who had them last",
        "Look in {{DRAWER}}",
    ]


def test_words_before_the_first_step_explain_it():
    assert step("Ask who").instructions.startswith("Ask calmly.")


def test_nested_items_stay_with_their_step():
    assert "- the lower one" in step("Look in").instructions


def test_a_variable_is_unfinished():
    assert step("Look in").unfinished == "{{DRAWER}}"


def test_a_todo_is_unfinished():
    assert "which locksmith" in step("Change the lock").unfinished


def test_a_decision_tree_is_unfinished_and_kept():
    assert "decision tree" in step("Change the lock").unfinished
    assert "└── NO" in step("Change the lock").instructions


def test_a_phase_that_is_none_of_ours_says_so():
    assert "none of our phases" in step("Sing").unfinished


def test_a_finished_step_has_nothing_unfinished():
    assert step("Tell the neighbours").unfinished == ""


def test_text_without_steps_is_kept_as_the_scenario():
    scenario = foreign().scenario

    assert "Some words about keys." in scenario
    assert "Further reading." in scenario


def test_a_file_without_steps_is_refused():
    with pytest.raises(DomainError, match="no plan"):
        read_markdown("just words", source="x.md")


def test_the_same_file_reads_the_same_twice():
    assert foreign() == foreign()


@pytest.mark.skipif(not SAMPLES, reason="the foreign playbooks are not at hand")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_foreign_playbooks_keep_every_check_box(path):
    text = path.read_text()
    boxes = sum(line.lstrip().startswith(("- [ ]", "* [ ]")) for line in text.splitlines())

    plan = read_markdown(text, source=path.name)

    whole = " ".join(s.text + s.instructions for phase in plan.phases for s in phase.steps)
    assert sum(len(phase.steps) for phase in plan.phases) >= boxes
    for mark in ("TODO", "{{"):
        marked = [s for p in plan.phases for s in p.steps if mark in s.text + s.instructions]
        assert all(s.unfinished for s in marked)
    assert len(whole) > len(text) / 3


def test_a_plan_in_json_speaks_two_languages():
    plan = read_plan(json.dumps(PLAN), source="x.json")

    assert plan.title == "Flood"
    assert plan.phases[0].steps[0].translations == {"id": {"text": "Pompa"}}


CACAO = {
    "type": "playbook",
    "spec_version": "cacao-2.0",
    "name": "Lock out",
    "playbook_types": ["mitigation"],
    "workflow_start": "start--1",
    "workflow": {
        "start--1": {"type": "start", "on_completion": "if-condition--1"},
        "if-condition--1": {
            "type": "if-condition",
            "name": "Still in?",
            "condition": "$$x$$ == 1",
            "on_true": "action--1",
            "on_false": "end--1",
        },
        "action--1": {
            "type": "action",
            "name": "Call the guard",
            "commands": [{"type": "manual", "command": "use the phone"}],
            "on_completion": "action--2",
        },
        "action--2": {
            "type": "action",
            "name": "Block",
            "commands": [{"type": "bash", "command": "iptables"}],
            "on_completion": "end--1",
        },
        "action--9": {"type": "action", "name": "Lonely"},
        "end--1": {"type": "end"},
    },
}


def test_a_cacao_playbook_is_read_in_the_order_of_its_workflow():
    plan = read_json(json.dumps(CACAO), source="x.json")
    phase = plan.phases[0]

    assert phase.kind == "containment"
    assert [(s.text, s.is_decision, bool(s.unfinished)) for s in phase.steps] == [
        ("Still in?", True, True),
        ("Call the guard", False, False),
        ("Block", False, True),
        ("Lonely", False, True),
    ]


def test_a_cacao_playbook_without_a_workflow_is_refused():
    with pytest.raises(DomainError, match="no workflow"):
        read_json(json.dumps(CACAO | {"workflow": {}}), source="x.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("{}", "“code” is missing"),
        ("[]", "not a plan"),
        (json.dumps(PLAN | {"phases": [{"kind": "x", "name": "y", "steps": []}]}), "not a plan"),
    ],
)
def test_a_broken_plan_says_what_is_wrong(text, said):
    with pytest.raises(DomainError, match=said):
        read_json(text, source="x.json")


def test_the_nine_ready_plans_are_whole_in_both_languages():
    plans = list(ready_plans())

    assert len(plans) == 9
    for plan in plans:
        assert [phase.kind for phase in plan.phases] == [
            "identification",
            "containment",
            "recovery",
            "review",
        ]
        steps = [s for phase in plan.phases for s in phase.steps]
        assert all(s.translations["id"]["text"] for s in steps)
        assert all(s.options and s.authority for s in steps if s.is_decision)
        keys = {s.key for s in steps if s.is_decision}
        assert {s.condition["step"] for s in steps if s.condition} <= keys


@pytest.mark.django_db
def test_the_ready_plans_are_published_once_and_left_alone_afterwards():
    make_policy([make_user()])

    first = load_ready_playbooks(actor=None, at=NOON)
    second = load_ready_playbooks(actor=None, at=NOON)

    assert {version.status for version in first} == {VersionStatus.PUBLISHED}
    assert (len(first), second) == (9, [])


@pytest.mark.django_db
def test_a_plan_is_read_in_the_language_of_its_reader():
    draft_playbook(plan=read_plan(json.dumps(PLAN), source=""), actor=None, at=NOON)

    with translation.override("id"):
        words = (Playbook.objects.get().said("title"), Step.objects.get().said("text"))

    assert words == ("Banjir", "Pompa")


@pytest.mark.django_db
def test_the_command_keeps_a_foreign_playbook_as_a_draft(tmp_path, capsys):
    path = tmp_path / "keys.md"
    path.write_text(FOREIGN)

    call_command("import_playbook", str(path))

    assert PlaybookVersion.objects.get().status == VersionStatus.DRAFT
    assert Step.objects.exclude(unfinished="").count() == 3
    assert "unfinished: Look in {{DRAWER}}" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_dry_run_changes_nothing(tmp_path):
    path = tmp_path / "keys.md"
    path.write_text(FOREIGN)

    call_command("import_playbook", str(path), "--dry-run")

    assert not Playbook.objects.exists()
    assert not Phase.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"no plan here"])
def test_a_file_that_is_no_playbook_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "bad.md"
    path.write_bytes(content)

    with pytest.raises(CommandError):
        call_command("import_playbook", str(path))

    assert not Playbook.objects.exists()
