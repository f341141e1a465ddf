"""Addresses of the people module."""

from __future__ import annotations

from django.urls import path

from khue.modules.people import views

app_name = "people"
urlpatterns = [
    path("", views.people_list, name="home"),
    path("<str:key>/", views.person_page, name="person"),
    path("<str:key>/sua/", views.person_edit, name="edit"),
]
