"""Pages of the audit trail."""

from django.urls import path

from bcp_portal.audit.views import trail

app_name = "audit"
urlpatterns = [path("audit/", trail, name="trail")]
