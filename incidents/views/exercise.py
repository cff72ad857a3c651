"""Doors of exercises: the centre, the planner, one exercise from its beginning to its score."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.exercise import ExerciseForm, FinishForm, InjectForm, MoveForm, StartForm
from incidents.forms.incident import ActionForm, ReasonForm
from incidents.ical import Event, write_calendar
from incidents.models import Exercise, Inject
from incidents.selectors.exercise import exercise_page
from incidents.selectors.exercise_centre import exercise_centre
from incidents.services.action_item import assign_action_item
from incidents.services.exercise import (
    ExerciseRefusedError,
    cancel_exercise,
    finish_exercise,
    move_exercise,
    plan_exercise,
    start_exercise,
)
from incidents.services.inject import add_inject, give_inject, remove_inject

SEE = "incidents.view_exercise"
RUN = "incidents.run_exercise"
FORM = ("GET", "HEAD", "POST")


def find_exercise(request: SignedInRequest, code: str) -> Exercise:
    """The exercise of the address."""
    return get_object_or_404(Exercise.objects.visible_to(request.user).for_list(), code=code)


def _page(code: str) -> str:
    return reverse("incidents:exercise", args=[code])


@require_safe
@needs(SEE)
def exercises(request: SignedInRequest) -> HttpResponse:
    """The exercise centre: next best, calendar, coverage, what was learned."""
    page = exercise_centre(request.user, at=timezone.now())
    return render_page(request, "incidents/exercises.html", {"page": page})


@require_safe
@needs(SEE)
def exercise_calendar(request: SignedInRequest) -> HttpResponse:
    """Every exercise as iCal."""
    rows = Exercise.objects.visible_to(request.user).order_by("scheduled_for")
    events = [
        Event(
            uid=f"{row.code}@siaga",
            title=_("EXERCISE %(code)s %(title)s") % {"code": row.code, "title": row.title},
            starts_at=row.scheduled_for,
            ends_at=row.scheduled_for + row.takes,
        )
        for row in rows.exclude(status="cancelled")
    ]
    body = write_calendar(_("Exercises"), events, at=timezone.now())
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="exercises.ics"'
    return answer


@require_safe
@needs(SEE)
def exercise(request: SignedInRequest, code: str) -> HttpResponse:
    """One exercise: its plan, its injects, its score."""
    page = exercise_page(find_exercise(request, code), at=timezone.now())
    context = {
        "page": page,
        "inject_form": InjectForm(),
        "finding_form": ActionForm(people=page.people, prefix="finding"),
    }
    return render_page(request, "incidents/exercise.html", context)


@require_http_methods(FORM)
@needs(RUN)
def exercise_add(request: SignedInRequest) -> HttpResponse:
    """Put an exercise on the calendar; the address may suggest what."""

    def run(facts: dict[str, Any]) -> str:
        made = plan_exercise(**facts, actor=request.user, at=timezone.now())
        return _page(made.code)

    ask = request.GET
    names = ("kind", "playbook", "failover_path", "title")
    initial = {name: ask[name] for name in names if name in ask} | {"owner": request.user.pk}
    form = ExerciseForm(
        request.POST or None,
        user=request.user,
        initial=initial | {"assets": ask.getlist("assets"), "sites": ask.getlist("sites")},
    )
    return form_door(
        request,
        form,
        run=run,
        title=_("Plan an exercise"),
        submit=_("Plan"),
        cancel_url=reverse("incidents:exercises"),
    )


@require_http_methods(FORM)
@needs(RUN)
def exercise_move(request: SignedInRequest, code: str) -> HttpResponse:
    """Give it another day."""
    row = find_exercise(request, code)

    def run(facts: dict[str, Any]) -> str:
        move_exercise(exercise=row, **facts, actor=request.user, at=timezone.now())
        return _page(code)

    form = MoveForm(request.POST or None, initial={"scheduled_for": row.scheduled_for})
    return _door(request, code, form, run, _("Move %(code)s"), _("Move"))


@require_http_methods(FORM)
@needs(RUN)
def exercise_start(request: SignedInRequest, code: str) -> HttpResponse:
    """Begin; the incident of the exercise opens and is worked on like a real one."""
    row = find_exercise(request, code)

    def run(facts: dict[str, Any]) -> str:
        begun = start_exercise(exercise=row, **facts, actor=request.user, at=timezone.now())
        if begun.incident is None:
            raise ExerciseRefusedError(_("No incident was opened."))
        return reverse("incidents:detail", args=[begun.incident.code])

    return _door(request, code, StartForm(request.POST or None), run, _("Begin %(code)s"),
                 _("Begin the exercise"))  # fmt: skip


@require_http_methods(FORM)
@needs(RUN)
def exercise_finish(request: SignedInRequest, code: str) -> HttpResponse:
    """End it and score it."""
    row = find_exercise(request, code)

    def run(facts: dict[str, Any]) -> str:
        finish_exercise(exercise=row, **facts, actor=request.user, at=timezone.now())
        return _page(code)

    return _door(request, code, FinishForm(request.POST or None), run, _("End %(code)s"),
                 _("End and score"))  # fmt: skip


@require_http_methods(FORM)
@needs(RUN)
def exercise_cancel(request: SignedInRequest, code: str) -> HttpResponse:
    """Take it off the calendar, or break it off."""
    row = find_exercise(request, code)

    def run(facts: dict[str, Any]) -> str:
        cancel_exercise(exercise=row, **facts, actor=request.user, at=timezone.now())
        return _page(code)

    return _door(request, code, ReasonForm(request.POST or None), run, _("Cancel %(code)s"),
                 _("Cancel the exercise"))  # fmt: skip


@require_POST
@needs(RUN)
def inject_add(request: SignedInRequest, code: str) -> HttpResponse:
    """Write an inject down."""
    row = find_exercise(request, code)
    form = InjectForm(request.POST)

    def run() -> None:
        if not form.is_valid():
            raise ExerciseRefusedError(" ".join(str(e) for es in form.errors.values() for e in es))
        add_inject(exercise=row, **form.cleaned_data, actor=request.user, at=timezone.now())

    attempt(request, run)
    return redirect(f"{_page(code)}#injects")


@require_POST
@needs(RUN)
def inject_give(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Let it happen now."""
    inject = get_object_or_404(Inject, exercise=find_exercise(request, code), pk=pk)
    attempt(request, lambda: give_inject(inject=inject, actor=request.user, at=timezone.now()))
    return redirect(f"{_page(code)}#injects")


@require_POST
@needs(RUN)
def inject_remove(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Take an inject out."""
    inject = get_object_or_404(Inject, exercise=find_exercise(request, code), pk=pk)
    attempt(request, lambda: remove_inject(inject=inject, actor=request.user, at=timezone.now()))
    return redirect(f"{_page(code)}#injects")


@require_POST
@needs(RUN)
def exercise_finding(request: SignedInRequest, code: str) -> HttpResponse:
    """Turn a finding into a promise with an owner and a day."""
    row = find_exercise(request, code)
    form = ActionForm(request.POST, prefix="finding")

    def run() -> None:
        if row.incident is None or not form.is_valid():
            raise ExerciseRefusedError(_("Say what is to be done, by whom and by when."))
        said = form.cleaned_data
        assign_action_item(incident=row.incident, **said, actor=request.user, at=timezone.now())

    attempt(request, run, _("The finding is an action item now."))
    return redirect(f"{_page(code)}#findings")


def _door(
    request: SignedInRequest, code: str, form: Any, run: Any, title: str, submit: str
) -> HttpResponse:
    return form_door(
        request, form, run=run, title=title % {"code": code}, submit=submit, cancel_url=_page(code)
    )
