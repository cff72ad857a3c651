"""Addresses of the risk register."""

from django.urls import path

from risks.views import (
    acceptance,
    answer,
    as_of,
    control,
    evidence,
    exchange,
    indicator,
    register,
    risk,
)

app_name = "risks"
urlpatterns = [
    path("risks/", register.register, name="register"),
    path("risks/bulk/", register.register_bulk, name="bulk"),
    path("risks/cell/<str:pk>/<str:column>/", register.register_edit_cell, name="edit_cell"),
    path("risks/add/", risk.risk_add, name="add"),
    path("risks/heat-map/", risk.heat_map_page, name="heat_map"),
    path("risks/reviews/", register.review_list, name="reviews"),
    path("risks/import/", exchange.import_page, name="import"),
    path("risks/export/", exchange.export, name="export"),
    path("risks/as-of/", as_of.as_of, name="as_of"),
    path("risks/as-of/report/", as_of.register_report, name="register_report"),
    path("risks/inbox/", evidence.inbox, name="inbox"),
    path("risks/evidence/<int:pk>/accept/", evidence.evidence_accept, name="evidence_accept"),
    path("risks/evidence/<int:pk>/decline/", evidence.evidence_decline, name="evidence_decline"),
    path("risks/offers/<int:pk>/accept/", evidence.offer_accept, name="offer_accept"),
    path("risks/offers/<int:pk>/decline/", evidence.offer_decline, name="offer_decline"),
    path("risks/for-incident/<str:code>/", evidence.for_incident, name="for_incident"),
    path("risks/acceptances/", acceptance.acceptance_list, name="acceptances"),
    path(
        "risks/acceptances/<int:pk>/withdraw/",
        acceptance.acceptance_withdraw,
        name="acceptance_withdraw",
    ),
    path(
        "risks/acceptances/<int:pk>/approve/",
        acceptance.acceptance_approve,
        name="acceptance_approve",
    ),
    path(
        "risks/acceptances/<int:pk>/refuse/",
        acceptance.acceptance_refuse,
        name="acceptance_refuse",
    ),
    path("risks/indicators/", indicator.indicator_list, name="indicators"),
    path("risks/indicators/add/", indicator.indicator_add, name="indicator_add"),
    path("risks/indicators/<str:code>/", indicator.indicator_detail, name="indicator"),
    path("risks/indicators/<str:code>/edit/", indicator.indicator_edit, name="indicator_edit"),
    path("risks/indicators/<str:code>/value/", indicator.indicator_value, name="indicator_value"),
    path(
        "risks/indicators/<str:code>/retire/", indicator.indicator_retire, name="indicator_retire"
    ),
    path("risks/treatments/<int:pk>/done/", answer.treatment_done, name="treatment_done"),
    path("risks/treatments/<int:pk>/drop/", answer.treatment_drop, name="treatment_drop"),
    path("risks/controls/", control.control_list, name="controls"),
    path("risks/controls/add/", control.control_add, name="control_add"),
    path("risks/controls/<str:code>/", control.control_detail, name="control"),
    path("risks/controls/<str:code>/edit/", control.control_edit, name="control_edit"),
    path("risks/controls/<str:code>/test/", control.control_test, name="control_test"),
    path("risks/controls/<str:code>/withdraw/", control.control_withdraw, name="control_withdraw"),
    path("risks/<str:code>/", risk.risk_detail, name="detail"),
    path("risks/<str:code>/edit/", risk.risk_edit, name="edit"),
    path("risks/<str:code>/assess/", risk.risk_assess, name="assess"),
    path("risks/<str:code>/review/", risk.risk_review, name="review"),
    path("risks/<str:code>/retire/", risk.risk_retire, name="retire"),
    path("risks/<str:code>/treat/", answer.risk_treat, name="treat"),
    path("risks/<str:code>/control/", answer.risk_control, name="apply_control"),
    path("risks/<str:code>/accept/", acceptance.risk_accept, name="accept"),
    path("risks/<str:code>/link-incident/", evidence.risk_link_incident, name="link_incident"),
]
