"""Pages about sites, devices and what they report."""

from django.urls import path

from telemetry.views.lists import device_list, session_list, signal_list, site_list
from telemetry.views.site import site_detail

app_name = "telemetry"
urlpatterns = [
    path("sites/", site_list, name="sites"),
    path("sites/<str:code>/", site_detail, name="site"),
    path("devices/", device_list, name="devices"),
    path("sessions/", session_list, name="sessions"),
    path("signals/", signal_list, name="signals"),
]
