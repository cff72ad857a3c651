"""Verbs that every catalogue has; the room of each gives them its own words."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from assets.changes import check_row, need_reason, set_fields
from assets.models import CatalogueEntry
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb

Entry = TypeVar("Entry", bound=CatalogueEntry)

ENTRY_FACTS = ("name", "name_id")


@verb
def add_entry(*, entry: Entry, facts: Mapping[str, Any], actor: User | None, at: datetime) -> Entry:
    """Put a new entry, of which only the code is there yet, into its catalogue."""
    entry.code = entry.code.strip().upper()
    set_fields(entry, facts, ENTRY_FACTS)
    check_row(entry)
    entry.save()
    after = {"code": entry.code} | dict(facts)
    audit(action=f"{_noun(entry)}.add", obj=entry, actor=actor, at=at, after=after)
    return entry


@verb
def edit_entry(*, entry: Entry, facts: Mapping[str, Any], actor: User, at: datetime) -> Entry:
    """Call an entry that its caller has locked otherwise; its code stays, because files name it."""
    before, after = set_fields(entry, facts, ENTRY_FACTS)
    if after:
        check_row(entry)
        entry.save(update_fields=list(after))
        audit(
            action=f"{_noun(entry)}.edit", obj=entry, actor=actor, at=at, before=before, after=after
        )
    return entry


@verb
def retire_entry(
    *, entry: Entry, reason: str, on: date, actor: User, at: datetime, word: str = "retire"
) -> Entry:
    """Offer an entry that its caller has locked no more; `word` is what the trail calls that."""
    entry.retired_on = on
    entry.save(update_fields=["retired_on"])
    audit(
        action=f"{_noun(entry)}.{word}",
        obj=entry,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        after={"retired_on": on.isoformat()},
    )
    return entry


def _noun(entry: CatalogueEntry) -> str:
    return str(entry._meta.model_name)
