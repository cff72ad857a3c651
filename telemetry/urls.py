"""Pages about sites, devices and what they report."""

from django.urls import path

from telemetry.views import order, sources, witness
from telemetry.views.lists import device_bulk, device_list, session_list, signal_list, site_list
from telemetry.views.order_give import give
from telemetry.views.order_lists import order_list, state_list
from telemetry.views.site import site_detail

app_name = "telemetry"
urlpatterns = [
    path("sites/", site_list, name="sites"),
    path("sites/<str:code>/", site_detail, name="site"),
    path("sites/<str:code>/orders/", order.for_site, name="orders_of_site"),
    path("orders/", order_list, name="orders"),
    path("orders/sites/", state_list, name="order_sites"),
    path("orders/give/", give, name="order_give"),
    path("orders/for-incident/", order.for_incident, name="orders_of_incident"),
    path("orders/<str:code>/", order.detail, name="order"),
    path("orders/<str:code>/approve/", order.approve, name="order_approve"),
    path("orders/<str:code>/confirm/", order.confirm, name="order_confirm"),
    path("orders/<str:code>/refuse/", order.refuse, name="order_refuse"),
    path("orders/<str:code>/review/", order.review, name="order_review"),
    path("orders/<str:code>/lift/", order.lift, name="order_lift"),
    path("devices/", device_list, name="devices"),
    path("devices/bulk/", device_bulk, name="devices_bulk"),
    path("devices/witnesses/", witness.witnesses, name="witnesses"),
    path("devices/witnesses/summary/", witness.witness_summary, name="witness_summary"),
    path("devices/witnesses/<int:pk>/settle/", witness.witness_settle, name="witness_settle"),
    path("devices/enrol/", sources.device_enrol, name="device_enrol"),
    path("monitors/", sources.monitors, name="monitors"),
    path("monitors/pings/add/", sources.ping_add, name="ping_add"),
    path("monitors/pings/<int:pk>/retire/", sources.ping_retire, name="ping_retire"),
    path("monitors/sources/add/", sources.source_add, name="source_add"),
    path("monitors/sources/<int:pk>/revoke/", sources.source_revoke, name="source_revoke"),
    path("sessions/", session_list, name="sessions"),
    path("signals/", signal_list, name="signals"),
]
