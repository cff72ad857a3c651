"""The exercise door of the API."""

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets

from assets.api.caller import caller
from bcp_portal.accounts.models import User
from incidents.models import Exercise, Playbook


class ExerciseOut(serializers.ModelSerializer[Exercise]):
    """How an exercise looks from outside."""

    playbook = serializers.SlugRelatedField[Playbook](slug_field="code", read_only=True)
    owner = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Exercise
        fields = (
            "code",
            "title",
            "kind",
            "status",
            "goal",
            "playbook",
            "severity",
            "owner",
            "scheduled_for",
            "started_at",
            "ended_at",
            "score",
            "outcome",
        )
        read_only_fields = fields


class ExerciseViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Exercise]
):
    """What is planned, what was rehearsed, and what it showed."""

    serializer_class = ExerciseOut
    lookup_field = "code"
    lookup_value_regex = "[^/]+"
    filterset_fields = {
        "status": ["exact"], "kind": ["exact"], "playbook__code": ["exact"],
        "scheduled_for": ["gte", "lte"],
    }  # fmt: skip
    ordering_fields = ("scheduled_for", "ended_at")
    queryset = Exercise.objects.none()
    action_permissions = {
        "list": "incidents.view_exercise",
        "retrieve": "incidents.view_exercise",
    }

    def get_queryset(self) -> QuerySet[Exercise]:
        """Only what the caller may see."""
        return Exercise.objects.visible_to(caller(self.request)).for_list().order_by("-pk")
