"""Addresses that anybody may open: verification, prints, the evidence log and its witness."""

from __future__ import annotations

from django.urls import path

from khue.modules.records.views import evidence, public

app_name = "verify"
urlpatterns = [
    path("kiem-tra/", public.check_page, name="check"),
    path("k/", public.print_page, name="lookup"),
    path("k/<str:code>", public.print_page, name="print"),
    path("nhat-ki/<path:name>", evidence.log_file, name="log"),
    path("nhan-chung/key", evidence.witness_key, name="witness_key"),
    path("nhan-chung/add-checkpoint", evidence.add_checkpoint, name="add_checkpoint"),
]
