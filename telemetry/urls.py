"""Pages about sites, devices and what they report."""

from django.urls import path

from telemetry.views import (
    conflict,
    conflict_rules,
    device_import,
    exposure,
    loss,
    mapping,
    order,
    rebuild,
    sources,
    wave,
    witness,
)
from telemetry.views.conflicts import conflict_bulk, conflict_list
from telemetry.views.device import device_detail
from telemetry.views.lists import device_bulk, device_list, session_list, signal_list, site_list
from telemetry.views.order_by_hand import by_hand
from telemetry.views.order_give import give
from telemetry.views.order_lists import order_list, state_list
from telemetry.views.pack import pack, pack_file, pack_report, pack_sheet
from telemetry.views.pack_list import pack_list
from telemetry.views.reconcile import reconcile, reconciliation_list
from telemetry.views.rules import rule, rule_set, rules
from telemetry.views.site import site_detail, site_past

app_name = "telemetry"
urlpatterns = [
    path("sites/", site_list, name="sites"),
    path("sites/<str:code>/", site_detail, name="site"),
    path("sites/<str:code>/history/", site_past, name="site_history"),
    path("sites/<str:code>/orders/", order.for_site, name="orders_of_site"),
    path("sites/<str:code>/orders/by-hand/", by_hand, name="order_by_hand"),
    path("sites/<str:code>/pack/", pack, name="pack"),
    path("sites/<str:code>/pack/file/", pack_file, name="pack_file"),
    path("sites/<str:code>/pack/sheet/", pack_sheet, name="pack_sheet"),
    path("sites/<str:code>/pack/report/", pack_report, name="pack_report"),
    path("orders/", order_list, name="orders"),
    path("orders/sites/", state_list, name="order_sites"),
    path("orders/books/", reconciliation_list, name="reconciliations"),
    path("orders/books/<int:pk>/", reconcile, name="reconcile"),
    path("orders/rebuilds/", rebuild.rebuild_list, name="rebuilds"),
    path("orders/rebuilds/open/", rebuild.open_, name="rebuild_open"),
    path("orders/rebuilds/copies/<int:pk>/", rebuild.settle, name="site_copy"),
    path("orders/rebuilds/copies/<int:pk>/records/", rebuild.download, name="site_copy_records"),
    path("orders/rebuilds/<str:code>/", rebuild.detail, name="rebuild"),
    path("orders/rebuilds/<str:code>/bring/", rebuild.bring, name="rebuild_bring"),
    path("orders/rebuilds/<str:code>/close/", rebuild.close, name="rebuild_close"),
    path("orders/give/", give, name="order_give"),
    path("orders/for-incident/", order.for_incident, name="orders_of_incident"),
    path("orders/<str:code>/", order.detail, name="order"),
    path("orders/<str:code>/approve/", order.approve, name="order_approve"),
    path("orders/<str:code>/confirm/", order.confirm, name="order_confirm"),
    path("orders/<str:code>/refuse/", order.refuse, name="order_refuse"),
    path("orders/<str:code>/review/", order.review, name="order_review"),
    path("orders/<str:code>/lift/", order.lift, name="order_lift"),
    path("waves/", wave.wave_list, name="waves"),
    path("waves/plan/", wave.plan, name="wave_plan"),
    path("waves/<str:code>/", wave.detail, name="wave"),
    path("waves/<str:code>/ask/", wave.ask, name="wave_ask"),
    path("waves/<str:code>/approve/", wave.approve, name="wave_approve"),
    path("waves/<str:code>/pause/", wave.pause, name="wave_pause"),
    path("waves/<str:code>/call-off/", wave.call_off, name="wave_call_off"),
    path("devices/", device_list, name="devices"),
    path("devices/bulk/", device_bulk, name="devices_bulk"),
    path("devices/lost/", loss.loss_list, name="losses"),
    path("devices/lost/report/", loss.report_lost, name="report_lost"),
    path("devices/lost/<int:pk>/", loss.loss_detail, name="loss"),
    path("devices/lost/<int:pk>/settle/", loss.loss_settle, name="loss_settle"),
    path("devices/witnesses/", witness.witnesses, name="witnesses"),
    path("devices/witnesses/summary/", witness.witness_summary, name="witness_summary"),
    path("devices/witnesses/<int:pk>/settle/", witness.witness_settle, name="witness_settle"),
    path("devices/packs/", pack_list, name="packs"),
    path("devices/<uuid:node_id>/", device_detail, name="device"),
    path("devices/enrol/", sources.device_enrol, name="device_enrol"),
    path("devices/import/", device_import.device_import, name="device_import"),
    path("devices/import/apply/", device_import.device_import_apply, name="device_import_apply"),
    path(
        "devices/import/invitations/", device_import.device_invitations, name="device_invitations"
    ),
    path(
        "devices/import/<int:pk>/undo/",
        device_import.device_import_undo,
        name="device_import_undo",
    ),
    path("monitors/", sources.monitors, name="monitors"),
    path("monitors/pings/add/", sources.ping_add, name="ping_add"),
    path("monitors/pings/<int:pk>/retire/", sources.ping_retire, name="ping_retire"),
    path("monitors/sources/add/", sources.source_add, name="source_add"),
    path("monitors/mapping/add/", mapping.mapping_add, name="mapping_add"),
    path("monitors/mapping/<int:pk>/", mapping.mapping_edit, name="mapping_edit"),
    path("monitors/sources/<int:pk>/revoke/", sources.source_revoke, name="source_revoke"),
    path("streams/of-asset/<str:code>/", exposure.exposure_of_asset, name="exposure_of_asset"),
    path("sessions/", session_list, name="sessions"),
    path("conflicts/", conflict_list, name="conflicts"),
    path("conflicts/bulk/", conflict_bulk, name="conflicts_bulk"),
    path("conflicts/rules/", conflict_rules.rule_list, name="conflict_rules"),
    path("conflicts/rules/add/", conflict_rules.rule_add, name="conflict_rule_add"),
    path("conflicts/rules/<int:pk>/", conflict_rules.rule_edit, name="conflict_rule_edit"),
    path(
        "conflicts/rules/<int:pk>/retire/", conflict_rules.rule_retire, name="conflict_rule_retire"
    ),
    path("conflicts/<str:code>/", conflict.conflict_detail, name="conflict"),
    path("conflicts/<str:code>/decide/", conflict.conflict_decide, name="conflict_decide"),
    path("conflicts/<str:code>/confirm/", conflict.conflict_confirm, name="conflict_confirm"),
    path("conflicts/<str:code>/refuse/", conflict.conflict_refuse, name="conflict_refuse"),
    path("conflicts/<str:code>/reopen/", conflict.conflict_reopen, name="conflict_reopen"),
    path("conflicts/<str:code>/take/", conflict.conflict_take, name="conflict_take"),
    path("conflicts/<str:code>/review/", conflict.conflict_review, name="conflict_review"),
    path("signals/", signal_list, name="signals"),
    path("rules/", rules, name="rules"),
    path("rules/<str:code>/", rule, name="rule"),
    path("rules/<str:code>/set/", rule_set, name="rule_set"),
]
