"""Addresses of the command centre."""

from django.urls import path

from bcp_portal.dashboard import views

app_name = "dashboard"
urlpatterns = [
    path("", views.home, name="home"),
    path("command/map.json", views.map_data, name="map"),
    path("command/sites/<str:code>/", views.site_card, name="site_card"),
    path("palette/", views.palette, name="palette"),
    path("frame/", views.frame_part, name="frame"),
]
