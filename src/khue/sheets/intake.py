"""Lists of newcomers (tuyển sinh đầu cấp): read like lists of pupils, only without a class.

They come from enrolment portals, from the schools below, or typed by hand and pasted.
"""

from __future__ import annotations

from khue.sheets.pupils import check

__all__ = ["check"]
