"""A device for the tests: it names its deeds as the browser does."""

from datetime import datetime
from itertools import count

from bcp_portal.shared.ids import uuid7
from incidents.models import OperationKind, PlaybookRun
from incidents.services.operation import Told, apply_operations
from incidents.services.operation_log import Stamp

_serial = count(1)


def make_told(
    kind: str, run: PlaybookRun, *, at: datetime, step=None, device: str = "phone", **payload
) -> Told:
    """One operation, done at a moment by a clock that was compared with ours."""
    version = payload.pop("version", None)
    uncertainty = payload.pop("unsure", 50)
    millis = int(at.timestamp() * 1000)
    return Told(
        stamp=Stamp(
            op_id=uuid7(at),
            device=device,
            clock=f"{millis:013d}-{next(_serial):05d}-{device}",
            client_time=at,
            happened_at=at,
            uncertainty_ms=uncertainty,
            is_queued=True,
        ),
        kind=OperationKind(kind),
        run=run.pk,
        step=step.pk if step else None,
        version=version,
        payload=payload,
    )


def tell(*told: Told, run: PlaybookRun, actor, at: datetime) -> list[str]:
    """Bring operations in; the outcome of each."""
    results = apply_operations(told=told, runs={run.pk: run}, actor=actor, at=at)
    return [result.outcome for result in results]
