"""Addresses that other monitors and jobs call."""

from django.urls import path

from telemetry.views.doors import hook, ping

urlpatterns = [
    path("ping/<str:key>", ping, name="ping"),
    path("ping/<str:key>/", ping, name="ping-slash"),
    path("ping/<str:key>/<str:ending>", ping, name="ping-ending"),
    path("hooks/alertmanager/<str:key>", hook, {"kind": "alertmanager"}, name="hook-alertmanager"),
    path("hooks/grafana/<str:key>", hook, {"kind": "grafana"}, name="hook-grafana"),
    path("hooks/generic/<str:key>", hook, {"kind": "generic"}, name="hook-generic"),
]
