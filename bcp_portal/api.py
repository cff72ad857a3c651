"""The API: one router, filled by each app."""

from rest_framework.routers import SimpleRouter

from assets.api import routes as assets_routes
from incidents.api import routes as incidents_routes
from risks.api import routes as risks_routes
from telemetry.api import routes as telemetry_routes

router = SimpleRouter()
for routes in (assets_routes, telemetry_routes, incidents_routes, risks_routes):
    routes.register(router)

app_name = "api"
urlpatterns = router.urls
