"""Addresses of the gradebook (sổ điểm)."""

from __future__ import annotations

from django.urls import path

from khue.modules.gradebook.views import classes, corrections, files, phrases, sheets, signing

app_name = "gradebook"
urlpatterns = [
    path("", classes.home, name="home"),
    path("bang/<str:key>/", sheets.sheet_page, name="sheet"),
    path("bang/<str:key>/ghi/", sheets.sheet_operations, name="operations"),
    path("bang/<str:key>/lich-su/", sheets.cell_history, name="history"),
    path("bang/<str:key>/chot/", sheets.close_page, name="close_sheet"),
    path("bang/<str:key>/ky/", signing.sign_sheet, name="sign_sheet"),
    path("ky/", signing.home, name="sign"),
    path("ky/cac-muc/", signing.sign, name="sign_many"),
    path("bang/<str:key>/sua/", corrections.request_page, name="request_correction"),
    path("chot/", sheets.close_many, name="close_many"),
    path("khoa/", classes.seal_many, name="seal_many"),
    path("kho-nhan-xet/", phrases.phrases_page, name="phrases"),
    path("sua-diem/", corrections.correction_list, name="corrections"),
    path("sua-diem/<str:key>/", corrections.correction_page, name="correction"),
    path("lop/<str:key>/", classes.class_page, name="class"),
    path("lop/<str:key>/ket-qua/<int:term>/", classes.results_page, name="results"),
    path("lop/<str:key>/ket-qua/<int:term>/chot/", classes.close_class, name="close_class"),
    path("lop/<str:key>/hoc-sinh/<str:pupil>/", classes.why_page, name="why"),
    path("lop/<str:key>/so.pdf", files.book_pdf, name="book_pdf"),
    path("lop/<str:key>/so-<int:term>.xlsx", files.book_xlsx, name="book_xlsx"),
]
