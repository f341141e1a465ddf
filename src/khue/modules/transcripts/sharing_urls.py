"""Addresses of copies of a transcript (bản sao học bạ), for the school and the family."""

from __future__ import annotations

from django.urls import path

from khue.modules.transcripts.views import sharing

app_name = "copies"
urlpatterns = [
    path("<str:key>/", sharing.copies_page, name="home"),
    path("<str:key>/cap/", sharing.issue, name="issue"),
    path("<str:key>/xuat/", sharing.export, name="export"),
    path("<str:key>/<str:copy_key>/", sharing.copy_page, name="copy"),
    path("<str:key>/<str:copy_key>/thu-hoi/", sharing.revoke, name="revoke"),
]
