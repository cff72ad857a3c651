"""The door of devices that were without a link: operations in, state out, things to take along."""

from typing import Any

from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from incidents.api.door import asked
from incidents.api.offline_in import BatchIn, EvidenceIn, OperationIn, PackIn, read_operation
from incidents.models import Operation, OperationKind, PlaybookRun
from incidents.selectors.offline_pack import offline_pack
from incidents.selectors.run_log import run_answer
from incidents.services.evidence_file import keep_evidence
from incidents.services.offline_device import note_device
from incidents.services.operation import Told, apply_operations


class OfflineViewSet(viewsets.ViewSet):
    """What a browser takes along, and what it brings back."""

    action_permissions = {
        "operations": "incidents.work_incident",
        "evidence": "incidents.work_incident",
        "pack": "incidents.view_incident",
    }

    @extend_schema(request=BatchIn, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def operations(self, request: Request) -> Response:
        """Take in a batch; told again, each operation gets the same answer and counts once."""
        user = caller(request)
        batch = asked(request, BatchIn)
        if batch.get("person", user.pk) != user.pk:
            return Response({"detail": _("These are the deeds of somebody else.")}, status=409)
        told, refused = _read(batch)
        after = {int(run): seen for run, seen in batch["after"].items() if run.isdigit()}
        wanted = {one.run for one in told} | after.keys()
        runs = {
            run.pk: run
            for run in PlaybookRun.objects.visible_to(user).for_list().filter(pk__in=wanted)
        }
        results = apply_operations(told=told, runs=runs, actor=user, at=timezone.now())
        fresh = PlaybookRun.objects.visible_to(user).for_list().filter(pk__in=list(runs))
        return Response(
            {
                "now": int(timezone.now().timestamp() * 1000),
                "results": [result.__dict__ for result in results] + refused,
                "runs": {str(run.pk): run_answer(run, after=after.get(run.pk, 0)) for run in fresh},
            }
        )

    @extend_schema(request=EvidenceIn, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"], parser_classes=[MultiPartParser])
    def evidence(self, request: Request) -> Response:
        """Take in the file of an operation that has arrived; told again, it counts once."""
        user, said = caller(request), asked(request, EvidenceIn)
        noted = Operation.objects.visible_to(user).standing().filter(kind=OperationKind.EVIDENCE)
        operation = get_object_or_404(noted, op_id=said["op_id"])
        at = timezone.now()
        file = keep_evidence(operation=operation, content=said["file"].read(), actor=user, at=at)
        return Response({"now": int(at.timestamp() * 1000), "sha256": file.sha256})

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["get"])
    def pack(self, request: Request) -> Response:
        """Everything a person needs on the day without a link, within their sites."""
        user, at = caller(request), timezone.now()
        form = PackIn(data=request.query_params)
        form.is_valid(raise_exception=True)
        # A cookie for the operations that come back; without a session it is not needed.
        about = {"csrf": get_token(request._request), "revoked": False}
        if uid := form.validated_data.get("device"):
            label = request.headers.get("User-Agent", "")
            device = note_device(uid=uid, user=user, label=label, at=at)
            if device.revoked_at is not None:
                return Response({"now": int(at.timestamp() * 1000), "revoked": True})
        return Response(offline_pack(user, at=at) | about)


def _read(batch: dict[str, Any]) -> tuple[list[Told], list[dict[str, Any]]]:
    told: list[Told] = []
    refused: list[dict[str, Any]] = []
    for raw in batch["operations"]:
        form = OperationIn(data=raw)
        if form.is_valid():
            told.append(read_operation(dict(form.validated_data), device=batch["device"]))
            continue
        problems = "; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items())
        refused.append(
            {
                "op_id": str(raw.get("op_id", "")),
                "outcome": "refused",
                "detail": problems[:300],
                "cursor": 0,
            }
        )
    return told, refused
