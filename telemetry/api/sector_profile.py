"""The door of the API to what is asked of each sector."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from assets.models import Sector
from telemetry.detection.catalogue import CATALOGUE
from telemetry.detection.tuning import Tuning, read_tuning
from telemetry.models import SectorProfile
from telemetry.sector_profiles import Asks, all_asks


class SectorProfileOut(serializers.Serializer[None]):
    """What one sector switches on; `version` 0 is the profile that comes along."""

    sector = serializers.ChoiceField(choices=Sector.choices)
    version = serializers.IntegerField()
    rules = serializers.DictField()
    limits = serializers.DictField(child=serializers.IntegerField())
    controls = serializers.ListField(child=serializers.CharField())
    courses = serializers.ListField(child=serializers.CharField())
    playbooks = serializers.ListField(child=serializers.CharField())


def _said(sector: str, asks: Asks, tuning: Tuning) -> dict[str, Any]:
    rules = {}
    for spec in CATALOGUE:
        numbers = tuning.of(spec.code, 0, sector)
        rules[spec.code] = {"is_on": numbers.is_on, "limits": dict(numbers.limits)}
    return {"sector": sector, "version": asks.number, "rules": rules, **asks.as_dict()}


class SectorProfileViewSet(viewsets.GenericViewSet[SectorProfile]):
    """List and read; changing is a deed of the page, with a reason."""

    # Only names the model to the description: what holds now is read through the selectors.
    queryset = SectorProfile.objects.none()
    lookup_field = "sector"
    lookup_value_regex = "[a-z0-9-]+"
    action_permissions = {
        "list": "telemetry.view_sectorprofile",
        "retrieve": "telemetry.view_sectorprofile",
    }

    @extend_schema(responses=SectorProfileOut(many=True))
    def list(self, request: Request) -> Response:
        """What each sector switches on now."""
        tuning = read_tuning()
        every = [_said(sector, asks, tuning) for sector, asks in all_asks().items()]
        return self.get_paginated_response(self.paginate_queryset(every))

    @extend_schema(
        responses=SectorProfileOut,
        parameters=[OpenApiParameter("sector", str, OpenApiParameter.PATH)],
    )
    def retrieve(self, request: Request, sector: str) -> Response:
        """One sector."""
        asks = all_asks().get(sector)
        if asks is None:
            raise Http404
        return Response(_said(sector, asks, read_tuning()))
