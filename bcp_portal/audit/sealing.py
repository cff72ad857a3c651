"""Personal data in the trail: the chain holds a salted digest, the value lies beside it."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from bcp_portal.audit.models import AuditRow, SealedValue
from bcp_portal.shared.hashing import canonical_json, sha256_hex

# What of which kind of thing is about a person's private life and may have to be forgotten.
PERSONAL: Mapping[str, frozenset[str]] = {
    "accounts.user": frozenset({"email", "phone", "first_name", "last_name", "address"}),
}
MARK = "sealed"


def seal(
    facts: Mapping[str, Any], kind: str, object_id: str, kept: list[SealedValue]
) -> dict[str, Any]:
    """Put digests in the place of personal values, and the values among those to be kept beside."""
    personal = PERSONAL.get(kind, frozenset())
    sealed = dict(facts)
    for name in personal & facts.keys():
        if facts[name] in ("", None):
            continue
        salt = secrets.token_hex(32)
        digest = sha256_hex(salt.encode() + canonical_json(facts[name]))
        kept.append(
            SealedValue(
                digest=digest, salt=salt, value=facts[name], object_kind=kind, object_id=object_id
            )
        )
        sealed[name] = {MARK: digest}
    return sealed


def unseal(rows: Iterable[AuditRow], forgotten: str) -> list[AuditRow]:
    """Put the values back for reading, in memory alone; one query. What was erased says so."""
    found = list(rows)
    digests = {
        value[MARK]
        for row in found
        for side in (row.before, row.after)
        for value in side.values()
        if is_sealed(value)
    }
    if not digests:
        return found
    known = dict(SealedValue.objects.filter(pk__in=digests).values_list("digest", "value"))
    for row in found:
        for side in (row.before, row.after):
            for name, value in side.items():
                if is_sealed(value):
                    side[name] = known.get(value[MARK], forgotten)
    return found


def is_sealed(value: object) -> TypeGuard[dict[str, str]]:
    """Whether a value of a row is a digest in the place of what it was."""
    return isinstance(value, dict) and value.keys() == {MARK}


def holds_sealed(row: AuditRow) -> bool:
    """Whether a row speaks of personal data."""
    return any(is_sealed(value) for side in (row.before, row.after) for value in side.values())
