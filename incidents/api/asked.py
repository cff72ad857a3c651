"""What it takes to call each verb of incidents from outside."""

from typing import Any

from rest_framework import serializers

from assets.models import Asset, Site
from bcp_portal.accounts.models import User
from incidents.models import (
    ActionItemKind,
    Alert,
    Audience,
    Importance,
    IncidentKind,
    RoleName,
    RunMode,
    Severity,
)


class ReasonIn(serializers.Serializer[None]):
    """A reason that must be given."""

    reason = serializers.CharField(max_length=500)


class SkipIn(ReasonIn):
    """Why a step is left out, perhaps with the identity of the deed."""

    op_id = serializers.UUIDField(required=False)


class MaybeReasonIn(serializers.Serializer[None]):
    """A reason that may be given."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DeclareIn(serializers.Serializer[None]):
    """What it takes to declare an incident."""

    title = serializers.CharField(max_length=200)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    kind = serializers.ChoiceField(choices=IncidentKind.choices, required=False)
    mode = serializers.ChoiceField(choices=RunMode.choices, required=False)
    summary = serializers.CharField(required=False, allow_blank=True)
    started_at = serializers.DateTimeField(required=False)
    sites = serializers.SlugRelatedField(
        slug_field="code", many=True, required=False, queryset=Site.objects.none()
    )
    assets = serializers.SlugRelatedField(
        slug_field="code", many=True, required=False, queryset=Asset.objects.none()
    )
    take_command = serializers.BooleanField(required=False, default=False)

    def get_fields(self) -> dict[str, Any]:
        """Only what the caller may see can be named."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            sites: Any = fields["sites"]
            assets: Any = fields["assets"]
            sites.child_relation.queryset = Site.objects.visible_to(request.user)
            assets.child_relation.queryset = Asset.objects.visible_to(request.user)
        return fields


class SplitIn(ReasonIn):
    """Which alerts and assets are an incident of their own."""

    title = serializers.CharField(max_length=200)
    alerts = serializers.PrimaryKeyRelatedField(
        many=True, required=False, queryset=Alert.objects.none()
    )
    assets = serializers.SlugRelatedField(
        slug_field="code", many=True, required=False, queryset=Asset.objects.none()
    )

    def get_fields(self) -> dict[str, Any]:
        """Only what the caller may see can be named."""
        fields = super().get_fields()
        request = self.context.get("request")
        # The pages about the API ask for the shape alone, in nobody's name.
        if request is not None and request.user.is_authenticated:
            alerts: Any = fields["alerts"]
            assets: Any = fields["assets"]
            alerts.child_relation.queryset = Alert.objects.visible_to(request.user)
            assets.child_relation.queryset = Asset.objects.visible_to(request.user)
        return fields


class SeverityIn(serializers.Serializer[None]):
    """What it takes to change the severity."""

    severity = serializers.ChoiceField(choices=Severity.choices)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class VerdictIn(serializers.Serializer[None]):
    """What it takes to amend the verdict."""

    kind = serializers.ChoiceField(choices=IncidentKind.choices)
    reason = serializers.CharField(max_length=500)
    verdict = serializers.JSONField(required=False, default=dict)


class RecoverIn(serializers.Serializer[None]):
    """When it worked again, if that was earlier."""

    happened_at = serializers.DateTimeField(required=False)


class NoteIn(serializers.Serializer[None]):
    """A note for the timeline."""

    text = serializers.CharField(max_length=4000)
    op_id = serializers.UUIDField(required=False)
    happened_at = serializers.DateTimeField(required=False)
    importance = serializers.ChoiceField(choices=Importance.choices, required=False)


class RoleIn(serializers.Serializer[None]):
    """Who is to hold which role."""

    role = serializers.ChoiceField(choices=RoleName.choices)
    user = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True)
    )


class DecideIn(serializers.Serializer[None]):
    """A decision outside the plan."""

    question = serializers.CharField(max_length=300)
    options = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
    chosen = serializers.CharField(max_length=200)
    reason = serializers.CharField(required=False, allow_blank=True)
    authority = serializers.CharField(required=False, allow_blank=True, max_length=300)


class StartRunIn(serializers.Serializer[None]):
    """Which plan to follow; without one the suggested plan."""

    playbook = serializers.CharField(max_length=20, required=False)


class UpdateIn(serializers.Serializer[None]):
    """What is said to whom."""

    audience = serializers.ChoiceField(choices=Audience.choices)
    text = serializers.CharField(max_length=4000)
    text_id = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    next_promised_at = serializers.DateTimeField(required=False)


class MuteIn(serializers.Serializer[None]):
    """Until when it is kept quiet."""

    until = serializers.DateTimeField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class CompleteIn(serializers.Serializer[None]):
    """What was chosen and noted."""

    chosen = serializers.CharField(required=False, allow_blank=True, max_length=100)
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    happened_at = serializers.DateTimeField(required=False)
    # The identity of the deed: the same question asked twice counts once.
    op_id = serializers.UUIDField(required=False)


class ReviewIn(serializers.Serializer[None]):
    """The texts of a review; `version` keeps colleagues from overwriting each other."""

    went_well = serializers.CharField(required=False, allow_blank=True)
    went_badly = serializers.CharField(required=False, allow_blank=True)
    lucky = serializers.CharField(required=False, allow_blank=True)
    root_cause = serializers.CharField(required=False, allow_blank=True)
    contributing = serializers.CharField(required=False, allow_blank=True)
    version = serializers.IntegerField(required=False)


class AssignIn(serializers.Serializer[None]):
    """A promise."""

    incident = serializers.CharField(max_length=20)
    text = serializers.CharField(max_length=500)
    owner = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.filter(is_active=True)
    )
    due_on = serializers.DateField()
    kind = serializers.ChoiceField(
        choices=ActionItemKind.choices, required=False, default=ActionItemKind.PREVENT
    )


class OutcomeIn(serializers.Serializer[None]):
    """What came of it."""

    outcome = serializers.CharField(required=False, allow_blank=True, max_length=500)


class OpenReviewIn(serializers.Serializer[None]):
    """Which incident to look back on."""

    incident = serializers.CharField(max_length=20)
