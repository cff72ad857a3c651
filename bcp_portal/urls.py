"""The front door: which address belongs to which room."""

from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView

from bcp_portal.dashboard.api_docs import api_docs
from bcp_portal.engine.views import engine_health, liveness, metrics, readiness
from bcp_portal.shared.pages import needs

urlpatterns = [
    path("healthz", liveness, name="healthz"),
    path("readyz", readiness, name="readyz"),
    path("healthz/engine", engine_health, name="healthz-engine"),
    path("metrics", metrics, name="metrics"),
    path("language/", needs("")(set_language), name="set_language"),
    path("", include("bcp_portal.accounts.urls")),
    path("account/", include("allauth.account.urls")),
    path("account/mfa/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("api/schema/", needs("*")(SpectacularAPIView.as_view()), name="schema"),
    path("api/docs/", api_docs, name="api-docs"),
    path("api/v1/", include("bcp_portal.api")),
    path("", include("telemetry.urls_doors")),
    path("", include("bcp_portal.dashboard.urls")),
    path("", include("incidents.urls")),
    path("", include("assets.urls")),
    path("", include("telemetry.urls")),
    path("", include("risks.urls")),
    path("", include("bcp_portal.reports.urls")),
    path("", include("bcp_portal.audit.urls")),
    path("", include("bcp_portal.engine.urls")),
    path("", include("bcp_portal.demo.urls")),
]
