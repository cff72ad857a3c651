"""What auditors of Rodajaya find: an access review that is overdue, and a gap in training."""

from datetime import datetime, timedelta

from bcp_portal.accounts.models import User
from bcp_portal.accounts.selectors.training import everybody, training_matrix
from bcp_portal.accounts.services.access_review import (
    confirm_access,
    open_review,
    quarter_code,
)
from bcp_portal.accounts.services.training import load_courses, note_completion

LAST_QUARTER = timedelta(days=92)
# Two rights that nobody has confirmed, though it is time.
GAP = ("sari", "emergency-offline")
FORGOTTEN = ("sari", "agung")


def train(people: dict[str, User], *, now: datetime) -> None:
    """Everybody has done what is asked of them, but for one course of one person."""
    load_courses(at=now - LAST_QUARTER)
    done_at = now - timedelta(days=60)
    for line in training_matrix(everybody(), at=now).lines:
        for cell in line.cells:
            if not cell.is_gap or (line.person.username, cell.course.code) == GAP:
                continue
            right = len(cell.course.quiz)
            note_completion(
                course=cell.course,
                person=line.person,
                right_answers=right,
                actor=line.person,
                at=done_at,
                noted_by=None,
            )


def review_access(people: dict[str, User], *, now: datetime) -> None:
    """One review that was done as it should be, and one that two people have forgotten."""
    admin = people["admin"]
    began = now - LAST_QUARTER
    past = open_review(code=quarter_code(began), actor=admin, at=began)
    for item in past.items.for_list().order_by("pk"):
        confirm_access(item=item, actor=item.responsible or admin, at=began + timedelta(days=3))
    opened = now - timedelta(days=17)
    present = open_review(
        code=quarter_code(now), actor=admin, at=opened, due_at=now - timedelta(hours=12)
    )
    for item in present.items.for_list().order_by("pk"):
        if item.person.username in FORGOTTEN:
            continue
        confirm_access(item=item, actor=item.responsible or admin, at=opened + timedelta(days=2))
