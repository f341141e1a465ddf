"""Addresses of transcripts (học bạ)."""

from __future__ import annotations

from django.urls import path

from khue.modules.transcripts.views import classes, comments, pages, signing

app_name = "transcripts"
urlpatterns = [
    path("", signing.home, name="home"),
    path("ky/", signing.sign, name="sign"),
    path("lap/", classes.generate_many, name="generate_many"),
    path("nhan-goi-y/", comments.accept, name="accept"),
    path("diem-trung-binh/<str:key>.<str:form>", classes.averages_file, name="averages"),
    path("lop/<str:key>/", classes.class_page, name="class"),
    path("lop/<str:key>/lap/", classes.generate, name="generate"),
    path("lop/<str:key>/nhan-xet/<str:section>/", comments.comments_page, name="comments"),
    path("lop/<str:key>/bo-sung/", comments.facts_page, name="facts"),
    path("trang/<str:key>/", pages.page, name="page"),
    path("trang/<str:key>/ban-moi/", pages.renew, name="renew"),
]
