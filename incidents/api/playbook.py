"""The doors of plans and of plans being carried out."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from bcp_portal.accounts.step_up import is_fresh
from bcp_portal.shared.errors import NotAllowedError
from incidents.api import asked as bodies
from incidents.api.door import asked
from incidents.api.seen import PlaybookOut, RunOut, StepOut
from incidents.models import Playbook, PlaybookRun, RunStep
from incidents.services.operation_log import stamp_of
from incidents.services.run import abandon_run, finish_run
from incidents.services.run_step import complete_step, reopen_step, skip_step


class PlaybookViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Playbook]
):
    """List and read plans."""

    serializer_class = PlaybookOut
    queryset = Playbook.objects.none()
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9._-]+"
    ordering_fields = ("code", "title")
    search_fields = ("code", "title", "scenario")
    action_permissions = {
        "list": "incidents.view_playbook",
        "retrieve": "incidents.view_playbook",
    }

    def get_queryset(self) -> QuerySet[Playbook]:
        """Every plan: a plan is known to everybody who may look."""
        return Playbook.objects.visible_to(caller(self.request)).for_list().order_by("code")


class RunViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PlaybookRun]
):
    """List, read, finish, give up. A run is started by the incident's own door."""

    serializer_class = RunOut
    queryset = PlaybookRun.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {"status": ["exact"], "mode": ["exact"], "incident__code": ["exact"]}
    ordering_fields = ("started_at",)
    action_permissions = {
        "list": "incidents.view_playbookrun",
        "retrieve": "incidents.view_playbookrun",
        "finish": "incidents.run_incident",
        "abandon": "incidents.run_incident",
    }

    def get_queryset(self) -> QuerySet[PlaybookRun]:
        """Only what the caller may see."""
        runs = PlaybookRun.objects.visible_to(caller(self.request)).for_list()
        return runs.prefetch_related("phases").order_by("-pk")

    @extend_schema(request=None, responses=RunOut)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Put the plan away as carried out."""
        run = finish_run(run=self.get_object(), actor=caller(request), at=timezone.now())
        return Response(RunOut(run).data)

    @extend_schema(request=bodies.ReasonIn, responses=RunOut)
    @action(detail=True, methods=["post"])
    def abandon(self, request: Request, pk: str) -> Response:
        """Stop following the plan, and say why."""
        run = abandon_run(
            run=self.get_object(),
            **asked(request, bodies.ReasonIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(RunOut(run).data)


class StepViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[RunStep]
):
    """List, read, complete, skip, reopen the steps of runs."""

    serializer_class = StepOut
    queryset = RunStep.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {
        "status": ["exact", "in"],
        "role": ["exact"],
        "phase__run": ["exact"],
        "phase__run__incident__code": ["exact"],
        "due_at": ["lte"],
    }
    ordering_fields = ("due_at", "position")
    search_fields = ("text", "key")
    action_permissions = {
        "list": "incidents.view_playbookrun",
        "retrieve": "incidents.view_playbookrun",
        "complete": "incidents.work_incident",
        "skip": "incidents.work_incident",
        "reopen": "incidents.work_incident",
    }

    def get_queryset(self) -> QuerySet[RunStep]:
        """Only what the caller may see."""
        steps = RunStep.objects.visible_to(caller(self.request)).for_list()
        return steps.order_by("phase__run_id", "phase__position", "position")

    @extend_schema(request=bodies.CompleteIn, responses=StepOut)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Tick a step; one that takes a right is ticked on its page, after a fresh sign-in."""
        if self.get_object().right and not is_fresh(request, at=timezone.now()):
            raise NotAllowedError(_("This step takes a fresh sign-in: tick it on its page."))
        return self._do(complete_step, **asked(request, bodies.CompleteIn))

    @extend_schema(request=bodies.SkipIn, responses=StepOut)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        """Leave a step out, and say why."""
        return self._do(skip_step, **asked(request, bodies.SkipIn))

    @extend_schema(request=bodies.MaybeReasonIn, responses=StepOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Say that it is to be done after all."""
        return self._do(reopen_step, **asked(request, bodies.MaybeReasonIn))

    def _do(self, do: Callable[..., RunStep], **words: Any) -> Response:
        words["stamp"] = stamp_of(words.pop("op_id", None))
        step = do(step=self.get_object(), actor=caller(self.request), at=timezone.now(), **words)
        return Response(StepOut(self.get_queryset().get(pk=step.pk)).data)
