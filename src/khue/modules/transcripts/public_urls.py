"""The address that anybody may open who was given a link to a copy (liên kết bản sao)."""

from __future__ import annotations

from django.urls import path

from khue.modules.transcripts.views import sharing

app_name = "shared"
urlpatterns = [path("hb/<str:token>", sharing.shared_page, name="copy")]
