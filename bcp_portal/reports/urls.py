"""Pages of this room."""

from django.urls import URLPattern, path

from bcp_portal.reports.platform_views import access_review_report
from bcp_portal.reports.views import report_detail, report_download, report_list

app_name = "reports"
urlpatterns: list[URLPattern] = [
    path("reports/", report_list, name="list"),
    path("reports/access-review/<str:code>/", access_review_report, name="access_review"),
    path("reports/<uuid:uid>/", report_detail, name="detail"),
    path("reports/<uuid:uid>/file/", report_download, name="download"),
]
