"""Addresses of the access module."""

from __future__ import annotations

from django.urls import path

from khue.modules.access.views import accounts, emergency, explain, gate, grants, log

app_name = "access"
urlpatterns = [
    path("", grants.grant_list, name="home"),
    path("phan-quyen/", grants.grant_new, name="grant"),
    path("thu/<str:key>/", grants.grant_revoke, name="revoke"),
    path("tai-khoan/", accounts.account_list, name="accounts"),
    path("tai-khoan/<str:unit>/<str:key>/", accounts.account_change, name="account"),
    path("vi-sao/", explain.explain_page, name="explain"),
    path("khan-cap/", emergency.emergency_page, name="emergency"),
    path("khan-cap/<str:key>/dong/", emergency.emergency_close, name="emergency_close"),
    path("nhat-ki/", log.log_page, name="log"),
    path("bao-mat/", gate.second_factor, name="second_factor"),
    path("dang-xuat-moi-noi/", gate.end_sessions, name="end_sessions"),
    path("mat-khau-dau/", gate.first_password, name="first_password"),
]
