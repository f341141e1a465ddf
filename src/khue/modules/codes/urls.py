"""Addresses of the code lists (danh mục)."""

from __future__ import annotations

from django.urls import path

from khue.modules.codes import views

app_name = "codes"
urlpatterns = [
    path("", views.home, name="home"),
    path("nap/", views.load, name="load"),
    path("muc/<str:key>/", views.item_page, name="item"),
    path("<str:code_list>/", views.list_page, name="list"),
    path("<str:code_list>/them/", views.add_page, name="add"),
]
