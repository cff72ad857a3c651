"""Addresses of the demo."""

from django.urls import path

from bcp_portal.demo import views

app_name = "demo"
urlpatterns = [path("drills/", views.drills, name="drills")]
