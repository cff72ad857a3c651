"""Pages of this room."""

from django.urls import URLPattern

app_name = "risks"
urlpatterns: list[URLPattern] = []
