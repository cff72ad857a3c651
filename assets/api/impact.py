"""What owners say about an outage, as programs read and send it."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.api.caller import SecondsField
from assets.models import MOMENTS, ImpactAnalysis, ImpactCategory, ImpactLevel, ImpactPoint
from bcp_portal.accounts.models import User


class PointOut(serializers.ModelSerializer[ImpactPoint]):
    """How much it hurts in one way, after so long."""

    after = SecondsField(read_only=True)

    class Meta:
        model = ImpactPoint
        fields = ("category", "after", "level")
        read_only_fields = fields


class ImpactOut(serializers.ModelSerializer[ImpactAnalysis]):
    """The answers, and the first intolerable moment derived from them; null is unknown."""

    answered_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    longest_delay = SecondsField(read_only=True)
    bears = SecondsField(read_only=True)
    points = serializers.SerializerMethodField()

    class Meta:
        model = ImpactAnalysis
        fields = (
            "loss_per_hour",
            "bearable_loss",
            "currency",
            "longest_delay",
            "note",
            "bears",
            "answered_by",
            "answered_at",
            "points",
        )
        read_only_fields = fields

    @extend_schema_field(PointOut(many=True))
    def get_points(self, analysis: ImpactAnalysis) -> Any:
        """The curve, category by category, in the order of time."""
        return PointOut(analysis.points.order_by("category", "after"), many=True).data


class PointIn(serializers.Serializer[None]):
    """How much it hurts in one way, after one of the moments that are asked about."""

    category = serializers.ChoiceField(choices=ImpactCategory.choices)
    after = SecondsField()
    level = serializers.ChoiceField(choices=ImpactLevel.choices)

    def validate_after(self, after: timedelta) -> timedelta:
        """Owners are asked about the same seven moments, so that answers can be compared."""
        if after not in MOMENTS:
            asked = ", ".join(str(int(one.total_seconds())) for one in MOMENTS)
            raise serializers.ValidationError(
                _("Asked is after one of these many seconds: %(asked)s.") % {"asked": asked}
            )
        return after


class ImpactIn(serializers.Serializer[None]):
    """What an owner may answer; what is left out is unknown."""

    loss_per_hour = serializers.DecimalField(
        max_digits=16, decimal_places=2, min_value=0, required=False, allow_null=True, default=None
    )
    bearable_loss = serializers.DecimalField(
        max_digits=18, decimal_places=2, min_value=0, required=False, allow_null=True, default=None
    )
    currency = serializers.RegexField(r"^[A-Za-z]{3}$", default="IDR")
    longest_delay = SecondsField(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, default="")
    points = PointIn(many=True, required=False)

    def answers(self) -> tuple[dict[str, Any], dict[str, dict[timedelta, int]]]:
        """The facts, and the levels by category and moment."""
        facts = dict(self.validated_data)
        points: dict[str, dict[timedelta, int]] = {}
        for one in facts.pop("points", []):
            points.setdefault(one["category"], {})[one["after"]] = int(one["level"])
        return facts | {"currency": facts["currency"].upper()}, points
