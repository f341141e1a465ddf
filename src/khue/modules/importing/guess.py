"""What a file is, when nobody says: from its own words and the choices that were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling
from khue.sheets.banner import school_key
from khue.sheets.child import look_in_child
from khue.sheets.data import ImportAs, Limits

if TYPE_CHECKING:
    import argparse

RESULT_KINDS = {"term_summary", "primary_results"}


def wanted(data: bytes, filename: str, options: argparse.Namespace | Any) -> ImportAs:
    """The choice for a file: what was said first, the rest from the file (read in the child process)."""
    found = look_in_child(data, filename, Limits(file_bytes=settings.KHUE_UPLOAD_LIMIT))
    said: dict[str, Any] = {
        "kind": options.kind,
        "school": options.school,
        "school_year": options.year or found.year,
        "school_class": options.school_class,
        "term": options.term,
        "subject": options.subject,
        "moment": options.moment,
    }
    if said["kind"] == "results":
        said["kind"] = found.kind if found.kind in RESULT_KINDS else "term_summary"
    elif said["kind"] == "auto":
        said["kind"] = found.kind or "pupils"
    if said["kind"] == "school":
        said["school"] = said["school"] or found.school_code
    if said["kind"] in {"gradebook", "term_summary"}:
        said["term"] = said["term"] or found.term
    if said["kind"] == "gradebook":
        said["school_class"] = said["school_class"] or found.school_class
    if said["kind"] == "primary_results":
        said["moment"] = said["moment"] or "CN"
        said["grades"] = found.grades
    if not said["school"]:
        said["school"] = _school(found.school_name)
    return _complete(said)


def _complete(said: dict[str, Any]) -> ImportAs:
    if not said["school"]:
        only = orgs.SchoolProfile.objects.values_list("unit__codes__value", flat=True)[:2]
        said["school"] = only[0] if len(only) == 1 else ""
    if not said["school_year"]:
        last = schooling.SchoolYear.objects.order_by("-code").first()
        said["school_year"] = last.code if last else ""
    return ImportAs(**said)


def _school(name: str) -> str:
    if not name:
        return ""
    for profile in orgs.SchoolProfile.objects.select_related("unit").prefetch_related("unit__codes"):
        if school_key(profile.unit.name) == school_key(name):
            code = next(
                (c.value for c in profile.unit.codes.all() if c.scheme == "moet" and c.valid_to is None), ""
            )
            return str(code)
    return ""
