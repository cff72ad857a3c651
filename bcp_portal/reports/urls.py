"""Pages of this room."""

from django.urls import URLPattern, path

from bcp_portal.reports import delivery_views, evidence_views, overview_views
from bcp_portal.reports.platform_views import access_review_report, training_report, training_sheet
from bcp_portal.reports.views import report_detail, report_download, report_list

app_name = "reports"
ONE = "reports/overviews/<slug:key>/"
urlpatterns: list[URLPattern] = [
    path("reports/", report_list, name="list"),
    path("reports/overviews/", overview_views.centre, name="overviews"),
    path(ONE, overview_views.overview_page, name="overview"),
    path(f"{ONE}paper/", overview_views.overview_paper, name="overview_paper"),
    path(f"{ONE}sheet/", overview_views.overview_sheet, name="overview_sheet"),
    path(f"{ONE}sent/", delivery_views.delivery_add, name="delivery_add"),
    path("reports/deliveries/<int:pk>/end/", delivery_views.delivery_end, name="delivery_end"),
    path("reports/exports/", delivery_views.exports, name="exports"),
    path("evidence/", evidence_views.evidence, name="evidence"),
    path("evidence/report/", evidence_views.evidence_report, name="evidence_report"),
    path("evidence/pack/", evidence_views.auditors_pack, name="auditors_pack"),
    path("reports/training/", training_report, name="training"),
    path("reports/training/sheet/", training_sheet, name="training_sheet"),
    path("reports/access-review/<str:code>/", access_review_report, name="access_review"),
    path("reports/<uuid:uid>/", report_detail, name="detail"),
    path("reports/<uuid:uid>/file/", report_download, name="download"),
]
