"""Addresses of classes (lớp)."""

from __future__ import annotations

from django.urls import path

from khue.modules.schooling.views import classes, pupils, splitting, teaching

app_name = "schooling"
urlpatterns = [
    path("", classes.home, name="home"),
    path("nam-hoc/", classes.year_list, name="years"),
    path("truong/<str:key>/mo-lop/", classes.new_class, name="new_class"),
    path("truong/<str:key>/phan-cong/", teaching.teaching_plan, name="teaching"),
    path("truong/<str:key>/chia-lop/", splitting.start, name="split_start"),
    path("chia-lop/<str:key>/", splitting.page, name="split"),
    path("mon/<str:key>/", pupils.subject, name="subject"),
    path("<str:key>/", classes.class_page, name="class"),
    path("<str:key>/them-mon/", classes.add_subject, name="add_subject"),
    path("<str:key>/xep-lop/", pupils.place, name="place"),
    path("<str:key>/hoc-sinh/<str:pupil>/", pupils.pupil_in_class, name="pupil"),
]
