"""Addresses that other monitors call."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
