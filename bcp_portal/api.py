"""The API: one router, filled by each app."""

from rest_framework.routers import SimpleRouter

from assets.api import routes as assets_routes
from bcp_portal.audit import api as audit_api
from bcp_portal.reports import api as reports_api
from incidents.api import routes as incidents_routes
from risks.api import routes as risks_routes
from telemetry.api import routes as telemetry_routes

router = SimpleRouter()
for routes in (
    assets_routes, telemetry_routes, incidents_routes, risks_routes, reports_api, audit_api,
):  # fmt: skip
    routes.register(router)

app_name = "api"
urlpatterns = router.urls
