"""Addresses of the product: each module brings its own."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path
from django.views.i18n import set_language

from khue.project import views

# module → root; a module that has no pages has no urls.py
ROOTS = {
    "khue.modules.access": "quyen/",
    "khue.modules.orgs": "don-vi/",
    "khue.modules.people": "nguoi/",
    "khue.modules.schooling": "lop/",
    "khue.modules.gradebook": "so-diem/",
    "khue.modules.records": "ho-so/",
    "khue.modules.register": "dang-bo/",
    "khue.modules.transcripts": "hoc-ba/",
    "khue.modules.transfers": "chuyen-truong/",
    "khue.modules.store": "kho-hoc-ba/",
    "khue.modules.importing": "nhap-du-lieu/",
    "khue.modules.codes": "danh-muc/",
}

urlpatterns = [
    path("", views.home, name="home"),
    path("dang-nhap/", include("allauth.urls")),
    path("ngon-ngu/", set_language, name="set_language"),
    path("", include("khue.modules.records.public_urls")),
    path("", include("khue.modules.transcripts.public_urls")),
    path("hoc-ba/ban-sao/", include("khue.modules.transcripts.sharing_urls")),
    *(path(root, include(f"{name}.urls")) for name, root in ROOTS.items() if find_spec(f"{name}.urls")),
]
handler400 = "khue.kit.web.bad_request"
handler403 = "khue.kit.web.forbidden"
handler500 = "khue.kit.web.server_error"
handler404 = "khue.kit.web.not_found"
