"""Addresses of imports (nhập dữ liệu)."""

from __future__ import annotations

from django.urls import path

from khue.modules.importing import intake, views

app_name = "importing"
urlpatterns = [
    path("", views.home, name="home"),
    path("gui/", views.upload, name="upload"),
    path("gui/mot/", views.upload_one, name="upload_one"),
    path("tuyen-sinh/", intake.start, name="intake"),
    path("tuyen-sinh/<str:key>/", intake.page, name="intake_run"),
    path("lo/<str:key>/", views.batch_page, name="batch"),
    path("lo/<str:key>/nhap/", views.apply_batch, name="apply_batch"),
    path("lo/<str:key>/hoan-tac/", views.undo_batch, name="undo_batch"),
    path("<str:key>/", views.run_page, name="run"),
    path("<str:key>/nhap/", views.apply, name="apply"),
    path("<str:key>/chon/", views.decide, name="decide"),
    path("<str:key>/so-sanh/", views.compare, name="compare"),
    path("<str:key>/hoan-tac/", views.undo, name="undo"),
]
