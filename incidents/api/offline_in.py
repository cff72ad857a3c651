"""What devices tell: each operation is checked alone, so that one bad one spoils no other."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from incidents.models import OperationKind
from incidents.services.operation import Told
from incidents.services.operation_log import Stamp

MAX_OPERATIONS = 500
_DAY_MS = 86_400_000


class OperationIn(serializers.Serializer[None]):
    """One thing that a person did."""

    op_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=OperationKind.choices)
    run = serializers.IntegerField(min_value=1)
    step = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    version = serializers.IntegerField(required=False, allow_null=True)
    hlc = serializers.RegexField(r"^\d{13}-\d{5}-[a-z0-9-]{1,40}$", required=False)
    base = serializers.IntegerField(min_value=0, max_value=2**53, required=False, default=0)
    client_time = serializers.DateTimeField()
    # Ours minus theirs; null when the clocks were never compared.
    offset_ms = serializers.IntegerField(required=False, allow_null=True, default=None)
    uncertainty_ms = serializers.IntegerField(
        min_value=0, max_value=400 * _DAY_MS, required=False, allow_null=True, default=None
    )
    queued = serializers.BooleanField(required=False, default=True)
    payload = serializers.DictField(required=False, default=dict)


class PackIn(serializers.Serializer[None]):
    """Which device asks for something to take along."""

    device = serializers.UUIDField(required=False)


class EvidenceIn(serializers.Serializer[None]):
    """The file behind an operation of the kind evidence."""

    op_id = serializers.UUIDField()
    file = serializers.FileField(max_length=200)


class BatchIn(serializers.Serializer[None]):
    """What one device tells at once, and what it has seen of each run."""

    device = serializers.RegexField(r"^[a-z0-9-]{1,40}$")
    # Whose deeds these are: a session may have changed hands since.
    person = serializers.IntegerField(required=False)
    after = serializers.DictField(
        child=serializers.IntegerField(min_value=0), required=False, default=dict
    )
    operations = serializers.ListField(
        child=serializers.DictField(), max_length=MAX_OPERATIONS, required=False, default=list
    )


def read_operation(said: dict[str, Any], *, device: str) -> Told:
    """Turn checked words into an operation with its corrected time."""
    offset = said["offset_ms"]
    known = offset is not None and said["uncertainty_ms"] is not None
    # Told at once by an open page whose clock was never compared: it is now, by ours.
    is_now = not (known or said["queued"])
    return Told(
        stamp=Stamp(
            op_id=said["op_id"],
            device=device,
            clock=said.get("hlc", ""),
            base=said["base"],
            client_time=said["client_time"],
            happened_at=None if is_now else _corrected(said["client_time"], offset if known else 0),
            uncertainty_ms=0 if is_now else said["uncertainty_ms"] if known else None,
            is_queued=said["queued"],
        ),
        kind=OperationKind(said["kind"]),
        run=said["run"],
        step=said.get("step"),
        version=said.get("version"),
        payload=said["payload"],
    )


def _corrected(moment: datetime, offset_ms: int) -> datetime:
    try:
        return moment + timedelta(milliseconds=offset_ms)
    except OverflowError:
        return moment
