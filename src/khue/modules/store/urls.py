"""Addresses of the store (kho học bạ): pages, and the interface for programs."""

from __future__ import annotations

from django.urls import path

from khue.modules.store.views import department, home, machine, school

app_name = "store"
urlpatterns = [
    path("", home.home, name="home"),
    path("truong/<str:key>/gui/", school.send, name="send"),
    path("truong/<str:key>/ket-noi/", school.connect, name="connect"),
    path("goi/<str:key>/", school.package_page, name="package"),
    path("goi/<str:key>/gui-lai/", school.hurry, name="hurry"),
    path("goi/<str:key>/bo/", school.cancel, name="cancel"),
    path("goi/<str:key>/de-nghi/", school.ask, name="ask"),
    path("so/cho-quyet/", department.doubtful, name="doubtful"),
    path("so/cho-quyet/quyet/", department.decide, name="decide"),
    path("so/de-nghi/", department.requests, name="requests"),
    path("so/de-nghi/<str:key>/", department.decide_request, name="decide_request"),
    path("so/truong/<str:key>/", department.school_page, name="watched"),
    path("so/truong/<str:key>/khoa/", department.give_key, name="give_key"),
    path("so/truong/<str:key>/dau/", department.set_seals, name="set_seals"),
    path("so/khoa/<str:key>/thu/", department.revoke_key, name="revoke_key"),
    path("api/v1/packages/", machine.packages, name="api_packages"),
    path("api/v1/packages/<str:code>", machine.package, name="api_package"),
    path("api/v1/packages/<str:code>/body", machine.body, name="api_body"),
    path("api/v1/packages/<str:code>/finish", machine.finish, name="api_finish"),
    path("api/v1/packages/<str:code>/answers", machine.answers, name="api_answers"),
    path("api/v1/counters", machine.counters, name="api_counters"),
    path("api/v1/requests/", machine.requests, name="api_requests"),
    path("api/v1/requests/<str:key>", machine.one_request, name="api_request"),
]
