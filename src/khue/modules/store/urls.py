"""Addresses of the store (kho học bạ): pages, and the interface for programs."""

from __future__ import annotations

from django.urls import path

from khue.modules.store.views import machine

app_name = "store"
urlpatterns = [
    path("api/v1/packages/", machine.packages, name="api_packages"),
    path("api/v1/packages/<str:code>", machine.package, name="api_package"),
    path("api/v1/packages/<str:code>/body", machine.body, name="api_body"),
    path("api/v1/packages/<str:code>/finish", machine.finish, name="api_finish"),
    path("api/v1/packages/<str:code>/answers", machine.answers, name="api_answers"),
    path("api/v1/counters", machine.counters, name="api_counters"),
    path("api/v1/requests/", machine.requests, name="api_requests"),
    path("api/v1/requests/<str:key>", machine.one_request, name="api_request"),
]
