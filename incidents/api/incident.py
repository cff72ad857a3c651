"""The incident door of the API. Reading is a serializer; changing is a verb."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from incidents.api import asked as bodies
from incidents.api.door import asked
from incidents.api.seen import DecisionOut, IncidentOut, RunOut, StatusUpdateOut, TimelineOut
from incidents.models import Incident, Playbook, UpdateDraft
from incidents.services.decision import record_decision
from incidents.services.incident import (
    acknowledge_incident,
    call_off_incident,
    change_severity,
    close_incident,
    contain_incident,
    declare_incident,
    recover_incident,
    start_response,
)
from incidents.services.operation_log import stamp_of
from incidents.services.response import respond_with_playbook
from incidents.services.role import assign_role, take_command
from incidents.services.sensitive import note_reading
from incidents.services.split import split_incident
from incidents.services.timeline import add_note
from incidents.services.update_draft import tell_audience
from incidents.services.verdict import amend_verdict, merge_incident


class IncidentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Incident]
):
    """List, read, declare, move. There is deliberately no update: status moves by verbs."""

    serializer_class = IncidentOut
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9-]+"
    queryset = Incident.objects.none()
    filterset_fields = {
        "status": ["exact", "in"],
        "severity": ["exact", "lte"],
        "kind": ["exact"],
        "mode": ["exact"],
        "declared_at": ["gte", "lte"],
    }
    ordering_fields = ("declared_at", "severity", "started_at", "number")
    search_fields = ("code", "title", "summary")
    action_permissions = {
        "list": "incidents.view_incident",
        "retrieve": "incidents.view_incident",
        "create": "incidents.declare_incident",
        "acknowledge": "incidents.work_incident",
        "take_command": "incidents.run_incident",
        "start_response": "incidents.run_incident",
        "contain": "incidents.run_incident",
        "recover": "incidents.run_incident",
        "close": "incidents.close_incident",
        "call_off": "incidents.run_incident",
        "merge": "incidents.run_incident",
        "split": "incidents.run_incident",
        "severity": "incidents.run_incident",
        "verdict": "incidents.run_incident",
        "role": "incidents.run_incident",
        "note": "incidents.work_incident",
        "decide": "incidents.run_incident",
        "run": "incidents.run_incident",
        "tell": "incidents.publish_update",
    }

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read one; the reading of a sensitive one is noted."""
        note_reading(incident=self.get_object(), actor=caller(request), at=timezone.now())
        return super().retrieve(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Incident]:
        """Only what the caller may see."""
        return Incident.objects.visible_to(caller(self.request)).for_list().order_by("-number")

    @extend_schema(request=bodies.DeclareIn, responses={201: IncidentOut})
    def create(self, request: Request) -> Response:
        """Declare an incident; people are called unless you take command at once."""
        body = asked(request, bodies.DeclareIn)
        user = caller(request)
        commander = user if body.pop("take_command") else None
        incident = declare_incident(**body, commander=commander, actor=user, at=timezone.now())
        return Response(IncidentOut(incident).data, status=201)

    @extend_schema(request=None, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, code: str) -> Response:
        """Say “I have it”; the calls stop."""
        return self._move(acknowledge_incident)

    @extend_schema(request=None, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def take_command(self, request: Request, code: str) -> Response:
        """Become the commander."""
        return self._move(take_command)

    @extend_schema(request=bodies.MaybeReasonIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def start_response(self, request: Request, code: str) -> Response:
        """Say that people are working on it, or again."""
        return self._move(start_response, **asked(request, bodies.MaybeReasonIn))

    @extend_schema(request=None, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def contain(self, request: Request, code: str) -> Response:
        """Say that the damage has stopped spreading."""
        return self._move(contain_incident)

    @extend_schema(request=bodies.RecoverIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def recover(self, request: Request, code: str) -> Response:
        """Say that everything works again."""
        return self._move(recover_incident, **asked(request, bodies.RecoverIn))

    @extend_schema(request=bodies.MaybeReasonIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, code: str) -> Response:
        """Put the incident away; it takes a signed review or a reason."""
        return self._move(close_incident, **asked(request, bodies.MaybeReasonIn))

    @extend_schema(request=bodies.ReasonIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def call_off(self, request: Request, code: str) -> Response:
        """Say that it was a false alarm."""
        return self._move(call_off_incident, **asked(request, bodies.ReasonIn))

    @extend_schema(request=bodies.OpenReviewIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, code: str) -> Response:
        """Say that this is a part of another incident (named in `incident`)."""
        into = asked(request, bodies.OpenReviewIn)["incident"]
        target = get_object_or_404(self.get_queryset(), code=into)
        return self._move(merge_incident, into=target)

    @extend_schema(request=bodies.SplitIn, responses={201: IncidentOut})
    @action(detail=True, methods=["post"])
    def split(self, request: Request, code: str) -> Response:
        """Say that some alerts and assets of it are an incident of their own."""
        body = asked(request, bodies.SplitIn)
        new = split_incident(
            incident=self.get_object(), **body, actor=caller(request), at=timezone.now()
        )
        return Response(IncidentOut(new).data, status=201)

    @extend_schema(request=bodies.SeverityIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def severity(self, request: Request, code: str) -> Response:
        """Say that it is worse, or less bad."""
        return self._move(change_severity, **asked(request, bodies.SeverityIn))

    @extend_schema(request=bodies.VerdictIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def verdict(self, request: Request, code: str) -> Response:
        """Say that it is something else than thought."""
        return self._move(amend_verdict, **asked(request, bodies.VerdictIn))

    @extend_schema(request=bodies.RoleIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def role(self, request: Request, code: str) -> Response:
        """Give a role to a person."""
        incident = self.get_object()
        body = asked(request, bodies.RoleIn)
        assign_role(incident=incident, **body, actor=caller(request), at=timezone.now())
        incident.refresh_from_db()
        return Response(IncidentOut(incident).data)

    @extend_schema(request=bodies.NoteIn, responses={201: TimelineOut})
    @action(detail=True, methods=["post"])
    def note(self, request: Request, code: str) -> Response:
        """Write down what you saw or did."""
        said = asked(request, bodies.NoteIn)
        entry = add_note(
            incident=self.get_object(),
            stamp=stamp_of(said.pop("op_id", None)),
            **said,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(TimelineOut(entry).data, status=201)

    @extend_schema(request=bodies.DecideIn, responses={201: DecisionOut})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, code: str) -> Response:
        """Record a decision with what is known now."""
        decision = record_decision(
            incident=self.get_object(),
            **asked(request, bodies.DecideIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(DecisionOut(decision).data, status=201)

    @extend_schema(request=bodies.StartRunIn, responses={201: RunOut})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, code: str) -> Response:
        """Start a playbook; without a name the suggested one."""
        incident = self.get_object()
        wanted = asked(request, bodies.StartRunIn).get("playbook")
        plans = Playbook.objects.visible_to(caller(request))
        playbook = get_object_or_404(plans, code=wanted) if wanted else incident.suggested_playbook
        run = respond_with_playbook(
            incident=incident, playbook=playbook, actor=caller(request), at=timezone.now()
        )
        return Response(RunOut(run).data, status=201)

    @extend_schema(request=bodies.UpdateIn, responses={201: StatusUpdateOut})
    @action(detail=True, methods=["post"])
    def tell(self, request: Request, code: str) -> Response:
        """Publish a status update, or leave it for approval (202)."""
        at = timezone.now()
        body = asked(request, bodies.UpdateIn)
        promised = body.pop("next_promised_at", None)
        indonesian = body.pop("text_id", "").strip()
        result = tell_audience(
            incident=self.get_object(),
            **body,
            translations={"id": {"text": indonesian}} if indonesian else {},
            next_in=promised - at if promised else None,
            actor=caller(request),
            at=at,
        )
        if isinstance(result, UpdateDraft):
            return Response({"detail": _("It waits for approval.")}, status=202)
        return Response(StatusUpdateOut(result).data, status=201)

    def _move(self, move: Callable[..., Incident], **words: Any) -> Response:
        incident = move(
            incident=self.get_object(), actor=caller(self.request), at=timezone.now(), **words
        )
        return Response(IncidentOut(incident).data)
