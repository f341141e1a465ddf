"""Addresses of transfers (chuyển trường)."""

from __future__ import annotations

from django.urls import path

from khue.modules.transfers.views import asking, deciding, parcels

app_name = "transfers"
urlpatterns = [
    path("", asking.home, name="home"),
    path("di/", asking.leaving, name="leaving"),
    path("den/", asking.coming, name="coming"),
    path("goi/", parcels.receive, name="receive"),
    path("<str:key>/", deciding.transfer_page, name="transfer"),
    path("<str:key>/ky/", deciding.sign, name="sign"),
    path("<str:key>/goi.zip", parcels.parcel, name="parcel"),
    path("<str:key>/tu-choi.pdf", parcels.refusal, name="refusal"),
]
