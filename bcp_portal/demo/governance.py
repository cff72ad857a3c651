"""What auditors of Rodajaya find: a past access review, and one that is overdue."""

from datetime import datetime, timedelta

from bcp_portal.accounts.models import User
from bcp_portal.accounts.services.access_review import (
    confirm_access,
    open_review,
    quarter_code,
)

LAST_QUARTER = timedelta(days=92)
# Two rights that nobody has confirmed, though it is time.
FORGOTTEN = ("sari", "agung")


def review_access(people: dict[str, User], *, now: datetime) -> None:
    """One review that was done as it should be, and one that two people have forgotten."""
    admin = people["admin"]
    began = now - LAST_QUARTER
    past = open_review(code=quarter_code(began), actor=admin, at=began)
    for item in past.items.for_list().order_by("pk"):
        confirm_access(item=item, actor=item.responsible or admin, at=began + timedelta(days=3))
    opened = now - timedelta(days=17)
    present = open_review(code=quarter_code(now), actor=admin, at=opened, due_at=now - timedelta(3))
    for item in present.items.for_list().order_by("pk"):
        if item.person.username in FORGOTTEN:
            continue
        confirm_access(item=item, actor=item.responsible or admin, at=opened + timedelta(days=2))
