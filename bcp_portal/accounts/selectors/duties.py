"""What a person answers for, and what belongs to people who have left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.functional import Promise

from bcp_portal.accounts.duties import duty_kinds
from bcp_portal.accounts.models import User


@dataclass(frozen=True)
class Duty:
    """One thing that somebody answers for; `key` finds it again."""

    key: str
    words: str


@dataclass(frozen=True)
class DutyGroup:
    """What somebody answers for of one kind."""

    label: str | Promise
    duties: list[Duty]


def duties_of(person: User, *, at: datetime, place: str = "") -> list[DutyGroup]:
    """What somebody answers for, by kind; with a place only what lies there."""
    groups = []
    for kind in duty_kinds():
        rows = kind.rows(at).filter(**{kind.holder: person})
        if place:
            if not kind.places:
                continue
            rows = rows.filter(**{kind.places: place}).distinct()
        found = [
            Duty(key=f"{kind.name}:{row.pk}", words=kind.words(row)) for row in rows.order_by("pk")
        ]
        if found:
            groups.append(DutyGroup(kind.label, found))
    return groups


def duty_places(person: User, *, at: datetime) -> list[str]:
    """The codes of the sites at which somebody answers for something."""
    codes: set[str] = set()
    for kind in duty_kinds():
        if kind.places:
            rows = kind.rows(at).filter(**{kind.holder: person})
            codes.update(code for code in rows.values_list(kind.places, flat=True) if code)
    return sorted(codes)


def left_behind(*, at: datetime) -> dict[int, int]:
    """How much still belongs to each person who has left. One query."""
    parts: list[QuerySet[Any, int]] = [
        kind.rows(at)
        .filter(**{f"{kind.holder}__is_active": False})
        .order_by()
        .select_related(None)
        .values_list(F(f"{kind.holder}_id"), flat=True)
        for kind in duty_kinds()
    ]
    if not parts:
        return {}
    found: dict[int, int] = {}
    for holder in parts[0].union(*parts[1:], all=True):
        found[holder] = found.get(holder, 0) + 1
    return found
