"""Pages of this room."""

from django.urls import URLPattern, path

from bcp_portal.reports import evidence_views
from bcp_portal.reports.platform_views import access_review_report, training_report, training_sheet
from bcp_portal.reports.views import report_detail, report_download, report_list

app_name = "reports"
urlpatterns: list[URLPattern] = [
    path("reports/", report_list, name="list"),
    path("evidence/", evidence_views.evidence, name="evidence"),
    path("evidence/report/", evidence_views.evidence_report, name="evidence_report"),
    path("evidence/pack/", evidence_views.auditors_pack, name="auditors_pack"),
    path("reports/training/", training_report, name="training"),
    path("reports/training/sheet/", training_sheet, name="training_sheet"),
    path("reports/access-review/<str:code>/", access_review_report, name="access_review"),
    path("reports/<uuid:uid>/", report_detail, name="detail"),
    path("reports/<uuid:uid>/file/", report_download, name="download"),
]
