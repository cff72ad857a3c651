"""Pages of the audit trail."""

from django.urls import path

from bcp_portal.audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.trail, name="trail"),
    path("audit/export/", views.export, name="export"),
    path("audit/<int:seq>/", views.row, name="row"),
    path("audit/about/<str:kind>/<str:object_id>/", views.about, name="about"),
]
