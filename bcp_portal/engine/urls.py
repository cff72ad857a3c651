"""Addresses of the pages of the engine."""

from django.urls import path

from bcp_portal.engine import hold_views

app_name = "engine"
urlpatterns = [
    path("engine/holds/", hold_views.holds, name="holds"),
    path("engine/holds/release/", hold_views.holds_release, name="holds_release"),
]
