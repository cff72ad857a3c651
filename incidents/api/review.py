"""The doors of looking back: reviews and the promises made there."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from assets.api.caller import caller
from incidents.api import asked as bodies
from incidents.api.door import asked
from incidents.api.seen import ActionItemOut, ReviewOut
from incidents.models import ActionItem, Incident, Review
from incidents.services.action_item import (
    assign_action_item,
    drop_action_item,
    finish_action_item,
    reopen_action_item,
    verify_action_item,
)
from incidents.services.review import open_review, reopen_review, save_review, sign_off_review


class ReviewViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Review]
):
    """List, read, open, write, sign off, reopen."""

    serializer_class = ReviewOut
    queryset = Review.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {"status": ["exact"], "incident__code": ["exact"], "due_at": ["lte"]}
    ordering_fields = ("opened_at", "due_at")
    action_permissions = {
        "list": "incidents.view_review",
        "retrieve": "incidents.view_review",
        "create": "incidents.change_review",
        "write": "incidents.change_review",
        "sign_off": "incidents.sign_off_review",
        "reopen": "incidents.sign_off_review",
    }

    def get_queryset(self) -> QuerySet[Review]:
        """Only what the caller may see."""
        return Review.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(request=bodies.OpenReviewIn, responses={201: ReviewOut})
    def create(self, request: Request) -> Response:
        """Begin to look back on an incident."""
        user = caller(request)
        code = asked(request, bodies.OpenReviewIn)["incident"]
        incident = get_object_or_404(Incident.objects.visible_to(user), code=code)
        review = open_review(incident=incident, actor=user, at=timezone.now())
        return Response(ReviewOut(review).data, status=201)

    @extend_schema(request=bodies.ReviewIn, responses=ReviewOut)
    @action(detail=True, methods=["post"])
    def write(self, request: Request, pk: str) -> Response:
        """Save what was written."""
        body = asked(request, bodies.ReviewIn)
        version = body.pop("version", None)
        review = save_review(
            review=self.get_object(),
            texts=body,
            version=version,
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ReviewOut(review).data)

    @extend_schema(request=None, responses=ReviewOut)
    @action(detail=True, methods=["post"])
    def sign_off(self, request: Request, pk: str) -> Response:
        """Say that this is what we learned."""
        review = sign_off_review(review=self.get_object(), actor=caller(request), at=timezone.now())
        return Response(ReviewOut(review).data)

    @extend_schema(request=bodies.ReasonIn, responses=ReviewOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take a signature back, and say why."""
        review = reopen_review(
            review=self.get_object(),
            **asked(request, bodies.ReasonIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ReviewOut(review).data)


class ActionItemViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ActionItem]
):
    """List, read, assign, finish, drop."""

    serializer_class = ActionItemOut
    queryset = ActionItem.objects.none()
    lookup_value_regex = r"\d+"
    filterset_fields = {
        "status": ["exact"],
        "owner__username": ["exact"],
        "incident__code": ["exact"],
        "due_on": ["lte", "gte"],
    }
    ordering_fields = ("due_on", "assigned_at")
    search_fields = ("text",)
    action_permissions = {
        "list": "incidents.view_actionitem",
        "retrieve": "incidents.view_actionitem",
        "create": "incidents.handle_actionitem",
        "finish": "incidents.handle_actionitem",
        "verify": "incidents.handle_actionitem",
        "drop": "incidents.handle_actionitem",
        "reopen": "incidents.handle_actionitem",
    }

    def get_queryset(self) -> QuerySet[ActionItem]:
        """Only what the caller may see."""
        return ActionItem.objects.visible_to(caller(self.request)).for_list().order_by("-pk")

    @extend_schema(request=bodies.AssignIn, responses={201: ActionItemOut})
    def create(self, request: Request) -> Response:
        """Write down a promise with its owner and its day."""
        user = caller(request)
        body = asked(request, bodies.AssignIn)
        visible = Incident.objects.visible_to(user)
        incident = get_object_or_404(visible, code=body.pop("incident"))
        item = assign_action_item(incident=incident, **body, actor=user, at=timezone.now())
        return Response(ActionItemOut(item).data, status=201)

    @extend_schema(request=bodies.OutcomeIn, responses=ActionItemOut)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Say that the promise is kept."""
        item = finish_action_item(
            item=self.get_object(),
            **asked(request, bodies.OutcomeIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ActionItemOut(item).data)

    @extend_schema(request=bodies.OutcomeIn, responses=ActionItemOut)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, pk: str) -> Response:
        """Say that it was looked at and does what it was promised for."""
        item = verify_action_item(
            item=self.get_object(),
            **asked(request, bodies.OutcomeIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ActionItemOut(item).data)

    @extend_schema(request=bodies.ReasonIn, responses=ActionItemOut)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str) -> Response:
        """Say that it will not be done, and why."""
        item = drop_action_item(
            item=self.get_object(),
            **asked(request, bodies.ReasonIn),
            actor=caller(request),
            at=timezone.now(),
        )
        return Response(ActionItemOut(item).data)

    @extend_schema(request=None, responses=ActionItemOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Say that it is to be done after all."""
        item = reopen_action_item(item=self.get_object(), actor=caller(request), at=timezone.now())
        return Response(ActionItemOut(item).data)
