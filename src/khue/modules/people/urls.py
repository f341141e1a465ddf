"""Addresses of the people module."""

from __future__ import annotations

from django.urls import path

from khue.modules.people import duplicate_views, views

app_name = "people"
urlpatterns = [
    path("", views.people_list, name="home"),
    path("them-hoc-sinh/", views.new_pupil, name="new_pupil"),
    path("them-can-bo/", views.new_staff, name="new_staff"),
    path("trung/", duplicate_views.page, name="duplicates"),
    path("<str:key>/", views.person_page, name="person"),
    path("<str:key>/sua/", views.person_edit, name="edit"),
    path("<str:key>/cong-tac/", views.person_places, name="places"),
]
