"""Telling people what became of something they answer for: one notice each, never to the doer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bcp_portal.accounts.models import User
from incidents.models import NoticeKind
from incidents.services.notice import write_notice


def tell_people(
    people: Iterable[User | None],
    message: str,
    params: dict[str, Any],
    *,
    path: str,
    but: User | None = None,
    at: datetime,
) -> int:
    """Put a message into each person's inbox and send it; inside a verb."""
    chosen = {one.pk: one for one in people if one is not None and one != but and one.is_active}
    for person in chosen.values():
        write_notice(
            person=person, kind=NoticeKind.INFO, message=message, params=params, path=path, at=at
        )
    return len(chosen)
