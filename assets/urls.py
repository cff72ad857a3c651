"""Addresses of sites, assets and targets."""

from django.urls import path

from assets.views import (
    asset,
    asset_list,
    assignment,
    failover,
    impact,
    map,
    objective,
    region,
    signing,
    site,
    target,
    unproven,
)

app_name = "assets"
urlpatterns = [
    path("assets/", asset_list.asset_list, name="list"),
    path("assets/bulk/", asset_list.asset_bulk, name="bulk"),
    path("assets/add/", asset.asset_add, name="add"),
    path("assets/map/", map.map_page, name="map"),
    path("assets/map/drawing/", map.map_drawing, name="map_drawing"),
    path("assets/sites/", site.site_list, name="sites"),
    path("assets/sites/open/", site.site_open, name="site_open"),
    path("assets/sites/<str:code>/edit/", site.site_edit, name="site_edit"),
    path("assets/sites/<str:code>/close/", site.site_close, name="site_close"),
    path("assets/failover/", failover.failover_list, name="failover"),
    path("assets/failover/declare/", failover.failover_declare, name="failover_declare"),
    path("assets/failover/<int:pk>/switch/", failover.failover_switch, name="failover_switch"),
    path("assets/windows/", region.window_list, name="windows"),
    path("assets/windows/plan/", region.window_plan, name="window_plan"),
    path("assets/windows/<int:pk>/cancel/", region.window_cancel, name="window_cancel"),
    path("regions/", region.region_list, name="regions"),
    path("regions/add/", region.region_add, name="region_add"),
    path("regions/<str:code>/edit/", region.region_edit, name="region_edit"),
    path("people/<str:username>/sites/", assignment.assignments, name="assignments"),
    path(
        "people/<str:username>/sites/<int:pk>/withdraw/",
        assignment.assignment_withdraw,
        name="assignment_withdraw",
    ),
    path("impact/", impact.impact_list, name="impact"),
    path("impact/campaigns/", impact.campaigns, name="campaigns"),
    path("impact/campaigns/start/", impact.campaign_start, name="campaign_start"),
    path("impact/campaigns/<int:pk>/", impact.campaign_detail, name="campaign"),
    path("impact/campaigns/<int:pk>/close/", impact.campaign_close, name="campaign_close"),
    path("targets/", target.target_list, name="targets"),
    path("targets/without-proof/", unproven.unproven_list, name="unproven"),
    path("targets/without-proof/report/", unproven.unproven_report, name="unproven_report"),
    path("targets/mine/", signing.signatures_mine, name="my_signatures"),
    path("targets/delegations/add/", signing.delegation_add, name="delegation_add"),
    path(
        "targets/delegations/<int:pk>/revoke/", signing.delegation_revoke, name="delegation_revoke"
    ),
    path("targets/signatories/", signing.signatories, name="signatories"),
    path("targets/signatories/appoint/", signing.signatory_appoint, name="signatory_appoint"),
    path(
        "targets/signatories/<int:pk>/dismiss/", signing.signatory_dismiss, name="signatory_dismiss"
    ),
    path("assets/<str:code>/", asset.asset_detail, name="detail"),
    path("assets/<str:code>/edit/", asset.asset_edit, name="edit"),
    path("assets/<str:code>/retire/", asset.asset_retire, name="retire"),
    path("assets/<str:code>/link/", asset.asset_link, name="link"),
    path("assets/<str:code>/unlink/<int:pk>/", asset.asset_unlink, name="unlink"),
    path("assets/<str:code>/target/", target.target_set, name="target"),
    path("assets/<str:code>/objectives/", objective.objective_detail, name="objective"),
    path(
        "assets/<str:code>/objectives/<int:pk>/sign/",
        objective.objective_sign,
        name="objective_sign",
    ),
    path(
        "assets/<str:code>/objectives/<int:pk>/remark/",
        objective.objective_remark,
        name="objective_remark",
    ),
    path(
        "assets/<str:code>/objectives/<int:pk>/decline/",
        objective.objective_decline,
        name="objective_decline",
    ),
    path(
        "assets/<str:code>/objectives/<int:pk>/withdraw/",
        objective.objective_withdraw,
        name="objective_withdraw",
    ),
    path("assets/<str:code>/impact/", impact.impact_answer, name="impact_answer"),
    path("assets/<str:code>/achieved/", target.achievement_record, name="achieved"),
]
