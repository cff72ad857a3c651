"""Pages of alerts, incidents, playbooks, calls and reviews."""

from django.urls import path

from incidents.views import duty, incident, lists, moves, playbook, related, report, review, steps

app_name = "incidents"
urlpatterns = [
    path("incidents/", lists.incident_list, name="list"),
    path("incidents/declare/", moves.declare, name="declare"),
    path("incidents/of-asset/<str:code>/", related.for_asset, name="for_asset"),
    path("incidents/of-site/<str:code>/", related.for_site, name="for_site"),
    path("incidents/<str:code>/", incident.incident_detail, name="detail"),
    path("incidents/<str:code>/acknowledge/", moves.acknowledge, name="acknowledge"),
    path("incidents/<str:code>/take-command/", moves.take, name="take_command"),
    path("incidents/<str:code>/respond/", moves.respond, name="respond"),
    path("incidents/<str:code>/contain/", moves.contain, name="contain"),
    path("incidents/<str:code>/recover/", moves.recover, name="recover"),
    path("incidents/<str:code>/close/", moves.close, name="close"),
    path("incidents/<str:code>/call-off/", moves.call_off, name="call_off"),
    path("incidents/<str:code>/severity/", moves.severity, name="severity"),
    path("incidents/<str:code>/note/", moves.note, name="note"),
    path("incidents/<str:code>/role/", moves.role, name="role"),
    path("incidents/<str:code>/run/", moves.run, name="run"),
    path("incidents/<str:code>/decide/", moves.decide, name="decide"),
    path("incidents/<str:code>/update/", moves.update, name="update"),
    path("incidents/<str:code>/promise/", moves.promise, name="promise"),
    path("incidents/<str:code>/report/", report.report_request, name="report_request"),
    path("incidents/<str:code>/review/", review.review_detail, name="review"),
    path("incidents/<str:code>/review/open/", review.review_open, name="review_open"),
    path("incidents/<str:code>/review/sign/", review.review_sign, name="review_sign"),
    path("incidents/<str:code>/review/reopen/", review.review_reopen, name="review_reopen"),
    path("steps/<int:pk>/complete/", steps.step_complete, name="step_complete"),
    path("steps/<int:pk>/skip/", steps.step_skip, name="step_skip"),
    path("steps/<int:pk>/reopen/", steps.step_reopen, name="step_reopen"),
    path("alerts/", lists.alert_list, name="alerts"),
    path("alerts/bulk/", lists.alert_bulk, name="alerts_bulk"),
    path("reviews/", lists.review_list, name="reviews"),
    path("actions/", lists.action_list, name="actions"),
    path("actions/bulk/", lists.action_bulk, name="actions_bulk"),
    path("actions/<int:pk>/finish/", review.action_finish, name="action_finish"),
    path("playbooks/", playbook.playbook_list, name="playbooks"),
    path("playbooks/<str:code>/", playbook.playbook_detail, name="playbook"),
    path(
        "playbooks/<str:code>/versions/<int:number>/publish/",
        playbook.playbook_publish,
        name="playbook_publish",
    ),
    path("on-call/", duty.on_call, name="on_call"),
    path("inbox/", duty.inbox, name="inbox"),
    path("inbox/test/<int:pk>/", duty.contact_test, name="contact_test"),
    path("inbox/<int:pk>/answer/", duty.notice_answer, name="notice_answer"),
    path("inbox/<int:pk>/read/", duty.notice_read, name="notice_read"),
]
