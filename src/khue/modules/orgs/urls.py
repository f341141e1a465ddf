"""Addresses of the organization tree (đơn vị)."""

from __future__ import annotations

from django.urls import path

from khue.modules.orgs import views

app_name = "orgs"
urlpatterns = [
    path("", views.home, name="home"),
    path("<str:key>/", views.unit_page, name="unit"),
    path("<str:key>/them/", views.new_unit, name="new_unit"),
    path("<str:key>/sua/", views.change_unit, name="change"),
]
