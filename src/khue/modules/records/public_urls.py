"""Addresses that anybody may open: verification, and the short addresses on prints."""

from __future__ import annotations

from django.urls import path

from khue.modules.records.views import public

app_name = "verify"
urlpatterns = [
    path("kiem-tra/", public.check_page, name="check"),
    path("k/", public.print_page, name="lookup"),
    path("k/<str:code>", public.print_page, name="print"),
]
