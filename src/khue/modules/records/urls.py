"""Addresses of signed records (hồ sơ đã ký)."""

from __future__ import annotations

from django.urls import path

from khue.modules.records.views import certificates, documents, signing

app_name = "records"
urlpatterns = [
    path("", documents.home, name="home"),
    path("dong-dau/", signing.seal_many, name="seal_many"),
    path("ky/", signing.batches, name="batches"),
    path("ky/<str:key>/", signing.batch_page, name="batch"),
    path("ky/<str:key>/bat-dau/", signing.start, name="start"),
    path("ky/<str:key>/trang-thai/", signing.state, name="state"),
    path("ky/<str:key>/tu-may/", signing.accept, name="accept"),
    path("ky/<str:key>/ky-tiep/", signing.resume, name="resume"),
    path("ky/<str:key>/bo/", signing.cancel, name="cancel_batch"),
    path("chung-thu/", certificates.home, name="certificates"),
    path("chung-thu/dang-ky/", certificates.register, name="register"),
    path("chung-thu/<str:key>/ngung/", certificates.end, name="end_certificate"),
    path("<str:key>/", documents.document_page, name="document"),
    path("<str:key>/ho-so.xml", documents.file_xml, name="xml"),
    path("<str:key>/ban-in.pdf", documents.file_pdf, name="pdf"),
    path("<str:key>/bang-chung.zip", documents.file_bundle, name="bundle"),
    path("<str:key>/huy/", documents.cancel, name="cancel"),
]
