"""What this room reports into the frame of every page: rights to confirm, training that is missing.

Shown on every page, so each costs one short query at most.
"""

from collections.abc import Iterator

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bcp_portal.accounts.models import AccessItem, RoleGrant, TrainingReminder, User
from bcp_portal.accounts.selectors.duties import left_behind
from bcp_portal.frame import FrameTask


def my_tasks(request: HttpRequest) -> Iterator[FrameTask]:
    """What waits for this person: rights to confirm, training to do, roles to agree to."""
    user = request.user
    if not isinstance(user, User):
        return
    yield from _rights(user)
    if TrainingReminder.objects.filter(person=user).exists():
        yield FrameTask(_("Training is missing"), reverse("accounts:training"), kind="training")
    if user.has_perm("accounts.second_grant"):
        asked = RoleGrant.objects.waiting().exclude(asked_by=user).exclude(person=user)
        for until in asked.order_by(F("until").asc(nulls_last=True)).values_list("until")[:1]:
            words = _("A dangerous role waits for a second person")
            if until[0] is not None:
                words = _("A dangerous role was given in an emergency: look at it")
            yield FrameTask(words, reverse("accounts:reviews"), kind="access")

    if user.has_perm("accounts.manage_people"):
        yield from _left_behind()


def _left_behind() -> Iterator[FrameTask]:
    """The work of people who have left, until somebody else has it."""
    found = left_behind(at=timezone.now())
    names = dict(User.objects.filter(pk__in=found).values_list("pk", "username")) if found else {}
    for pk, username in sorted(names.items()):
        words = ngettext(
            "%(n)d thing of %(name)s, who has left, is nobody's",
            "%(n)d things of %(name)s, who has left, are nobody's",
            found[pk],
        )
        address = reverse("accounts:person_hand_over", args=[username])
        yield FrameTask(words % {"n": found[pk], "name": username}, address, kind="access")


def _rights(user: User) -> Iterator[FrameTask]:
    waiting = AccessItem.objects.pending().filter(responsible=user)
    by_review: dict[str, int] = {}
    due = {}
    for code, due_at in waiting.values_list("review__code", "review__due_at"):
        by_review[code], due[code] = by_review.get(code, 0) + 1, due_at
    for code, count in by_review.items():
        words = ngettext("%(n)d right to confirm", "%(n)d rights to confirm", count)
        if due[code] < timezone.now():
            words = ngettext(
                "%(n)d right to confirm, overdue", "%(n)d rights to confirm, overdue", count
            )
        address = f"{reverse('accounts:review', args=[code])}?mine=yes"
        yield FrameTask(words % {"n": count}, address, kind="access", due_at=due[code])
