"""Operations from devices: each counts once, nothing is lost, authority needs a person online."""

import random
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from incidents.models import (
    Decision,
    Importance,
    IncidentRole,
    Notice,
    Operation,
    RunStatus,
    RunStep,
    StepStatus,
    TimelineEntry,
)
from incidents.offline.fold import state_hash
from incidents.playbooks.plan import StepPlan
from incidents.selectors.run_log import merge_of
from incidents.services.clash import AnsweredError, answer_proposal, settle_clash
from incidents.services.operation_log import fold_of, standing_ids
from incidents.services.run import abandon_run
from incidents.services.run_step import complete_step, reopen_step, skip_step
from telemetry.models import ConflictCase
from tests.make import LATER, NOON, make_user
from tests.make_conflicts import make_case
from tests.make_incidents import make_run, step_of
from tests.offline.telling import make_told, tell

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
PLAN = {"Isolate": ["Unplug", "Lock the door"], "Restore": ["Plug in"]}
DECISION = StepPlan(text="Cut the service?", key="cut", is_decision=True, options=["yes", "no"])
PAIR = StepPlan(text="Open the safe", needs_second_person=True)


@pytest.fixture
def run():
    return make_run(PLAN)


@pytest.fixture
def ani():
    return make_user(Role.RESPONDER, first_name="Ani")


@pytest.fixture
def budi():
    return make_user(Role.INCIDENT_COMMANDER, first_name="Budi")


def test_an_operation_told_twice_counts_once_and_gets_the_same_answer(run, ani):
    tick = make_told("tick", run, at=NOON, step=step_of(run, "Unplug"))

    first = tell(tick, run=run, actor=ani, at=LATER)
    again = tell(tick, tick, run=run, actor=ani, at=LATER + MINUTE)

    assert (first, again) == (["applied"], ["applied"])
    assert Operation.objects.filter(run=run).count() == 1


def test_nobody_learns_what_somebody_else_told_under_the_same_name(run, ani, budi):
    tick = make_told("tick", run, at=NOON, step=step_of(run, "Unplug"))
    tell(tick, run=run, actor=ani, at=LATER)

    assert tell(tick, run=run, actor=budi, at=LATER) == ["refused"]


def test_a_tick_from_afar_has_its_own_time_and_moves_the_plan_on(run, ani):
    ticks = [
        make_told("tick", run, at=NOON + MINUTE, step=step_of(run, "Unplug")),
        make_told("tick", run, at=NOON + 2 * MINUTE, step=step_of(run, "Lock the door")),
    ]

    tell(*ticks, run=run, actor=ani, at=LATER)

    assert step_of(run, "Unplug").done_at == NOON + MINUTE
    assert step_of(run, "Unplug").done_by == ani
    assert run.phases.get(name="Restore").started_at == LATER
    entry = TimelineEntry.objects.get(params__step="Unplug")
    assert (entry.happened_at, entry.recorded_at) == (NOON + MINUTE, LATER)
    assert entry.arrived_late


def test_the_first_tick_is_the_completion_whichever_arrives_first(run, ani, budi):
    step = step_of(run, "Unplug")
    late = make_told("tick", run, at=NOON + 9 * MINUTE, step=step)
    early = make_told("tick", run, at=NOON + 2 * MINUTE, step=step, device="laptop")

    tell(late, run=run, actor=ani, at=LATER)
    outcome = tell(early, run=run, actor=budi, at=LATER)

    step.refresh_from_db()
    assert outcome == ["corroborated"]
    assert (step.done_at, step.done_by) == (NOON + 2 * MINUTE, budi)
    assert fold_of(run)["steps"][str(step.pk)]["corroborated"][0]["actor"] == ani.pk


def test_done_against_skipped_is_a_card_and_done_holds_meanwhile(run, ani, budi):
    step = step_of(run, "Unplug")
    skip_step(step=step, actor=budi, at=NOON + 5 * MINUTE, reason="no ladder")

    outcome = tell(make_told("tick", run, at=NOON + MINUTE, step=step), run=run, actor=ani,
                   at=LATER)  # fmt: skip

    [card] = merge_of(run.incident).open_clashes
    step.refresh_from_db()
    assert outcome == ["clashed"]
    assert step.status == StepStatus.DONE
    assert {side.who for side in card.sides} == {"Ani", "Budi"}
    assert card.holds == "done"
    assert TimelineEntry.objects.filter(
        importance=Importance.KEY, message__contains="disagree"
    ).exists()


def test_a_clash_is_settled_by_a_person_with_a_reason(run, ani, budi):
    step = step_of(run, "Unplug")
    skip_step(step=step, actor=budi, at=NOON, reason="no ladder")
    tell(make_told("tick", run, at=NOON, step=step), run=run, actor=ani, at=LATER)
    [card] = merge_of(run.incident).open_clashes

    settle_clash(run=run, key=card.key, keep="skipped", reason="wrong plug", actor=budi, at=LATER)

    step.refresh_from_db()
    assert (step.status, step.skip_reason) == (StepStatus.SKIPPED, "no ladder")
    assert not merge_of(run.incident).needs_somebody
    with pytest.raises(AnsweredError):
        settle_clash(run=run, key=card.key, keep="done", reason="?", actor=ani, at=LATER)


def test_taking_back_takes_back_only_what_was_seen(run, ani, budi):
    step = step_of(run, "Unplug")
    complete_step(step=step, actor=budi, at=NOON)
    seen = standing_ids(step)
    tell(make_told("tick", run, at=NOON + MINUTE, step=step), run=run, actor=ani, at=LATER)

    back = make_told("untick", run, at=NOON + 2 * MINUTE, step=step, device="laptop",
                     reason="wrong till", undoes=seen)  # fmt: skip
    tell(back, run=run, actor=budi, at=LATER)

    step.refresh_from_db()
    assert (step.status, step.done_by) == (StepStatus.DONE, ani)
    assert [card.title for card in merge_of(run.incident).open_clashes] == [
        "Taken back while somebody else ticked it"
    ]


def test_taking_the_only_tick_back_opens_the_step_and_its_phase(run, ani):
    for text in ("Unplug", "Lock the door"):
        complete_step(step=step_of(run, text), actor=ani, at=NOON)
    step = step_of(run, "Unplug")
    back = make_told("untick", run, at=NOON + MINUTE, step=step, reason="fell out",
                     undoes=standing_ids(step))  # fmt: skip

    tell(back, run=run, actor=ani, at=LATER)

    step.refresh_from_db()
    assert step.status == StepStatus.OPEN
    assert step.phase.finished_at is None


@pytest.mark.parametrize(("plan", "chosen"), [(DECISION, "yes"), (PAIR, "")], ids=["choice", "two"])
def test_what_needs_authority_is_only_proposed(ani, budi, plan, chosen):
    run = make_run({"Isolate": [plan, "Unplug"]})
    step = RunStep.objects.get(phase__run=run, text=plan.text)

    outcome = tell(make_told("tick", run, at=NOON, step=step, chosen=chosen), run=run, actor=ani,
                   at=LATER)  # fmt: skip

    step.refresh_from_db()
    assert outcome == ["proposed"]
    assert step.status == StepStatus.OPEN
    [card] = merge_of(run.incident).proposals
    answer_proposal(proposal=card.operation, accepted=True, actor=budi, at=LATER)
    step.refresh_from_db()
    assert step.status == (StepStatus.DONE if chosen else StepStatus.WAITING)
    assert (step.done_by or step.first_person) == budi
    with pytest.raises(AnsweredError):
        answer_proposal(proposal=card.operation, accepted=False, actor=ani, at=LATER)


def test_two_different_choices_are_a_clash_and_a_declined_one_decides_nothing(ani, budi):
    run = make_run({"Isolate": [DECISION]})
    step = step_of(run, DECISION.text)
    tell(make_told("tick", run, at=NOON, step=step, chosen="yes"), run=run, actor=ani, at=LATER)
    tell(make_told("tick", run, at=NOON, step=step, chosen="no", device="laptop"), run=run,
         actor=budi, at=LATER)  # fmt: skip

    merge = merge_of(run.incident)
    answer_proposal(proposal=merge.proposals[0].operation, accepted=False, actor=budi, at=LATER)

    assert [card.title for card in merge.open_clashes] == ["Two different choices"]
    assert not Decision.objects.exists()


def test_closing_from_afar_needs_somebody_who_may_close(ani, budi):
    run = make_run(PLAN)
    tell(make_told("propose", run, at=NOON, what="contain", reason="fire is out"), run=run,
         actor=ani, at=LATER)  # fmt: skip
    [card] = merge_of(run.incident).proposals

    with pytest.raises(Exception, match="commands"):
        answer_proposal(proposal=card.operation, accepted=True, actor=ani, at=LATER)
    assert merge_of(run.incident).proposals


def test_a_note_keeps_both_of_its_times_and_what_others_wrote(run, ani, budi):
    step = step_of(run, "Unplug")
    tell(
        make_told("note", run, at=NOON, step=step, text="100 % dead"), run=run, actor=ani, at=LATER
    )
    tell(make_told("note", run, at=NOON + MINUTE, step=step, text="smells"), run=run, actor=budi,
         at=LATER)  # fmt: skip

    step.refresh_from_db()
    assert step.note == "100 % dead\nsmells"
    entry = TimelineEntry.objects.get(params__words="100 % dead")
    assert "100 % dead" in entry.text
    assert (entry.happened_at, entry.recorded_at) == (NOON, LATER)


def test_the_last_word_about_a_role_stays_and_the_other_one_is_told(run, budi):
    citra, dian = make_user(first_name="Citra"), make_user(first_name="Dian")
    late = make_told("assign", run, at=NOON + 5 * MINUTE, role="scribe", user=dian.username)
    early = make_told("assign", run, at=NOON, role="scribe", user=citra.username, device="laptop")

    tell(late, run=run, actor=budi, at=LATER)
    tell(early, run=run, actor=budi, at=LATER + MINUTE)

    held = IncidentRole.objects.get(incident=run.incident, role="scribe", ended_at=None)
    assert held.user == dian
    assert Notice.objects.filter(person=citra, params__name="Dian").exists()
    assert [card.title for card in merge_of(run.incident).open_clashes] == [
        "A role given to two people"
    ]


def test_a_clock_two_hours_ahead_wins_nothing(run, ani):
    step = step_of(run, "Unplug")
    ahead = make_told("tick", run, at=LATER + timedelta(hours=2), step=step, unsure=None)

    tell(ahead, run=run, actor=ani, at=LATER)

    operation = Operation.objects.get(run=run)
    assert operation.happened_at == operation.received_at == LATER
    assert operation.clock < f"{int((LATER + MINUTE).timestamp() * 1000):013d}"
    assert step_of(run, "Unplug").done_at == LATER


def test_a_step_ticked_ahead_of_its_phase_waits_for_the_phase(run, ani):
    tell(make_told("tick", run, at=NOON, step=step_of(run, "Plug in")), run=run, actor=ani,
         at=LATER)  # fmt: skip
    for text in ("Unplug", "Lock the door"):
        complete_step(step=step_of(run, text), actor=ani, at=LATER)

    run.refresh_from_db()
    assert run.status == RunStatus.FINISHED


def test_what_was_done_on_an_old_version_lands_on_that_version(run, ani, budi):
    abandon_run(run=run, reason="new edition", actor=budi, at=NOON + MINUTE)
    step = step_of(run, "Unplug")
    tick = make_told("tick", run, at=NOON, step=step, version=run.version_id)
    other = make_told("tick", run, at=NOON, step=step, version=run.version_id + 1)

    assert tell(tick, other, run=run, actor=ani, at=LATER) == ["kept", "refused"]
    step.refresh_from_db()
    run.refresh_from_db()
    assert (step.status, run.status) == (StepStatus.DONE, RunStatus.ABANDONED)


def test_a_bad_operation_spoils_no_other_and_is_kept_with_its_reason(run, ani):
    step = step_of(run, "Unplug")
    told = [
        make_told("skip", run, at=NOON, step=step),
        make_told("note", run, at=NOON, text=""),
        make_told("settle", run, at=NOON, step=step),
        make_told("tick", make_run(PLAN), at=NOON, step=step),
        make_told("tick", run, at=NOON + MINUTE, step=step),
    ]

    assert tell(*told, run=run, actor=ani, at=LATER) == ["refused"] * 4 + ["applied"]
    assert len(merge_of(run.incident).refused) == 3


def test_the_page_and_the_device_share_one_log(client, run, budi):
    client.force_login(budi)
    page = client.get(
        reverse("incidents:detail", args=[run.incident.code]), {"whole": 1}
    ).content.decode()
    op_id = page.split('name="op_id" value="')[1].split('"')[0]
    url = reverse("incidents:step_complete", args=[step_of(run, "Unplug").pk])

    for _twice in range(2):
        client.post(url, {"op_id": op_id})

    [operation] = Operation.objects.filter(run=run)
    assert (str(operation.op_id), operation.kind, operation.is_queued) == (op_id, "tick", False)
    assert TimelineEntry.objects.filter(params__step="Unplug").count() == 1


def test_a_note_sent_twice_by_the_page_is_written_once(client, run, budi):
    client.force_login(budi)
    url = reverse("incidents:note", args=[run.incident.code])

    for _twice in range(2):
        client.post(
            url, {"text": "Till 3 is warm", "op_id": "01920000-0000-7000-8000-000000000001"}
        )

    assert TimelineEntry.objects.filter(params__words="Till 3 is warm").count() == 1


def test_the_log_tells_what_the_verbs_did(run, ani):
    step = step_of(run, "Unplug")
    complete_step(step=step, actor=ani, at=NOON, note="red cable")
    reopen_step(step=step, actor=ani, at=NOON + MINUTE)
    skip_step(step=step, actor=ani, at=NOON + 2 * MINUTE, reason="not ours")

    state = fold_of(run)["steps"][str(step.pk)]
    assert (state["status"], state["skipped"]["reason"]) == ("skipped", "not ours")
    assert fold_of(run)["clashes"] == []


def test_the_door_takes_a_batch_and_answers_with_the_state(client, run, ani):
    ani.user_permissions.clear()
    client.force_login(run.incident.commander)
    run.incident.commander.groups.set(ani.groups.all())
    step = step_of(run, "Unplug")
    body = {
        "device": "phone-1",
        "after": {str(run.pk): 0},
        "operations": [
            {
                "op_id": "01920000-0000-7000-8000-000000000002", "kind": "tick", "run": run.pk,
                "step": step.pk, "hlc": "1772452800000-00000-phone-1",
                "client_time": NOON.isoformat(), "offset_ms": -3_600_000, "uncertainty_ms": 40,
            },
            {"op_id": "nonsense", "kind": "tick", "run": run.pk},
        ],
    }  # fmt: skip

    answers = [
        client.post("/api/v1/offline/operations/", body, content_type="application/json").json()
        for _twice in range(2)
    ]

    told = answers[0]["runs"][str(run.pk)]
    assert [result["outcome"] for result in answers[0]["results"]] == ["applied", "refused"]
    assert answers[0]["results"] == answers[1]["results"]
    assert told["state"]["steps"][str(step.pk)]["status"] == "done"
    assert told["hash"] == state_hash(told["state"])
    assert step_of(run, "Unplug").done_at == NOON - timedelta(hours=1)
    assert told["cursor"] == told["operations"][-1]["cursor"]


def test_the_pack_holds_runs_people_and_sites(client, run, budi):
    client.force_login(budi)
    complete_step(step=step_of(run, "Unplug"), actor=budi, at=NOON)

    pack = client.get("/api/v1/offline/pack/").json()

    [incident] = pack["incidents"]
    assert incident["runs"][0]["phases"][0]["steps"][0]["text"] == "Unplug"
    assert incident["runs"][0]["operations"][0]["kind"] == "tick"
    assert pack["lease_until"] - pack["now"] == 72 * 3_600_000


def test_the_pack_holds_the_conflicts_that_one_has_to_settle_and_no_value_of_them(client):
    case = make_case()
    budi = make_user(Role.INCIDENT_COMMANDER, Role.SYNC_TECHNICIAN)
    make_case(key="stock-2")
    ConflictCase.objects.filter(pk=case.pk).update(owner=budi)
    client.force_login(budi)

    told = client.get("/api/v1/offline/pack/").json()["conflicts"]

    assert [(one["code"], one["record"]) for one in told] == [
        (case.code, f"{case.entity} {case.key}")
    ]
    assert set(told[0]) == {"code", "record", "why", "due", "sites"}


@pytest.mark.parametrize("seed", range(6))
def test_rows_follow_the_log_in_whatever_order_devices_tell(seed, run, ani, budi):
    """Any order, duplication and split: the same fingerprint, nothing lost, rows as the fold."""
    ops = some_operations(run, random.Random(seed))
    hashes, rows = set(), set()
    for schedule in range(3):
        with transaction.atomic():
            play(run, ops, random.Random(f"{seed}/{schedule}"), SimpleNamespace(a=ani, b=budi))
            state = fold_of(run)
            assert state["size"] == len(ops)
            hashes.add(state_hash(state | {"clashes": len(state["clashes"])}))
            rows.add(tuple(RunStep.objects.filter(phase__run=run).order_by("pk")
                           .values_list("status", "done_at")))  # fmt: skip
            assert_rows_are_the_fold(run, state)
            transaction.set_rollback(True)

    assert len(hashes) == 1
    assert len(rows) == 1


def some_operations(run, chance):
    steps = list(RunStep.objects.filter(phase__run=run).order_by("pk"))
    ops = []
    for number in range(9):
        at = NOON + timedelta(seconds=chance.randint(0, 600), milliseconds=number)
        kind = chance.choice(("tick", "tick", "skip", "note", "untick"))
        earlier = [str(op.stamp.op_id) for op in ops]
        words = {
            "tick": {}, "skip": {"reason": "no"}, "note": {"text": f"seen {number}"},
            "untick": {"reason": "oops", "undoes": chance.sample(earlier, len(earlier) // 2)},
        }[kind]  # fmt: skip
        device = chance.choice(("phone", "laptop"))
        ops.append(make_told(kind, run, at=at, step=chance.choice(steps), device=device, **words))
    return ops


def play(run, ops, chance, people):
    queue = [*ops, *chance.sample(ops, 3)]
    chance.shuffle(queue)
    while queue:
        size = chance.randint(1, 4)
        batch, queue = queue[:size], queue[size:]
        for device, actor in (("phone", people.a), ("laptop", people.b)):
            mine = [op for op in batch if op.stamp.device == device]
            if mine:
                assert "refused" not in tell(*mine, run=run, actor=actor, at=LATER)


def assert_rows_are_the_fold(run, state):
    shown = {"disputed": "done"}
    for step in RunStep.objects.filter(phase__run=run):
        told = state["steps"].get(str(step.pk), {"status": "open"})["status"]
        assert step.status == shown.get(told, told), step.text
