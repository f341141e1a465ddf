"""Addresses of the register."""

from __future__ import annotations

from django.urls import path

from khue.modules.register import views
from khue.modules.register.views import closing, entries

app_name = "register"
urlpatterns = [
    path("", views.home, name="home"),
    path("truong/<str:key>/con-thieu/", views.lacking, name="lacking"),
    path("truong/<str:key>/chua-vao-so/", entries.not_entered, name="not_entered"),
    path("truong/<str:key>/khoa-so/", closing.close_year, name="close"),
    path("quyen/<str:key>/", views.book, name="book"),
    path("quyen/<str:key>/so.pdf", views.book_pdf, name="book_pdf"),
    path("dong/<str:key>/", views.entry, name="entry"),
    path("dong/<str:key>/bien-dong/", entries.record, name="record"),
    path("dong/<str:key>/cai-chinh/", entries.civil, name="civil"),
]
