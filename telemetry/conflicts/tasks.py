"""What of the conflict desk waits for one person: counts and no rows."""

from collections.abc import Iterator
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from bcp_portal.accounts.models import User
from bcp_portal.frame import FrameTask
from telemetry.models import ConflictCase, ConflictDecision, ConflictState


def my_tasks(request: HttpRequest) -> Iterator[FrameTask]:
    """Conflicts given to this person, decisions to confirm, samples to review."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("telemetry.decide_conflict"):
        return
    for label, query in tasks_of(user, at=timezone.now()):
        yield FrameTask(
            label=label, url=f"{reverse('telemetry:conflicts')}?{query}", kind="conflict"
        )


def tasks_of(user: User, *, at: datetime) -> Iterator[tuple[str, str]]:
    """Each kind of thing that waits, as a sentence and the question that lists it; four counts."""
    cases = ConflictCase.objects.visible_to(user)
    overdue = cases.waiting().overdue(at).filter(owner=user).count()
    if overdue:
        text = ngettext("%d conflict overdue", "%d conflicts overdue", overdue)
        yield text % overdue, "mine=yes&overdue=yes"
    mine = cases.waiting().filter(owner=user).overdue(at, yes=False).count()
    if mine:
        text = ngettext("%d conflict to decide", "%d conflicts to decide", mine)
        yield text % mine, "mine=yes&state=open&overdue=no"
    decisions = ConflictDecision.objects.visible_to(user).exclude(decided_by=user)
    second = decisions.filter(case__state=ConflictState.PROPOSED, state="proposed").count()
    if second:
        text = ngettext(
            "%d decision to confirm as second person",
            "%d decisions to confirm as second person",
            second,
        )
        yield text % second, "state=proposed"
    samples = decisions.to_review().count()
    if samples:
        text = ngettext("%d bulk decision to review", "%d bulk decisions to review", samples)
        yield text % samples, "review=yes&state="
