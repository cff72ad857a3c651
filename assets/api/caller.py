"""Who calls, and how durations look to a program."""

from datetime import timedelta

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import parse_duration, span_within_reason


def caller(request: Request) -> User:
    """The person, or the person a program acts for."""
    assert isinstance(request.user, User)  # ActionPermission has already refused the others
    return request.user


@extend_schema_field(OpenApiTypes.DOUBLE)
class SecondsField(serializers.Field[timedelta, object, float, timedelta]):
    """A duration: seconds in answers; seconds or "1h30" in questions."""

    def to_representation(self, value: timedelta) -> float:
        """Whole seconds where they are whole."""
        seconds = value.total_seconds()
        return int(seconds) if seconds == int(seconds) else seconds

    def to_internal_value(self, data: object) -> timedelta:
        """Read seconds or what a person would type."""
        try:
            if isinstance(data, int | float) and not isinstance(data, bool):
                return span_within_reason(timedelta(seconds=data))
            return parse_duration(str(data))
        except OverflowError as error:
            raise serializers.ValidationError(_("That is longer than ten years.")) from error
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error
