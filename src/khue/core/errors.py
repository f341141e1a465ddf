"""The five kinds of refusal. Anything else that is raised is a bug.

A refusal carries a stable code, parameters and, where it applies, the field; the sentence a
person reads stands beside the code in the module's errors.py and is filled only at the edge.
"""

from __future__ import annotations


class KhueError(Exception):
    """A refusal with a stable code."""

    def __init__(self, code: str, *, field: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params

    def __str__(self) -> str:
        shown = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code}({shown})" if shown else self.code


class Refused(KhueError):
    """The law or the state of things does not allow it (không được phép theo quy định)."""


class NotAllowed(KhueError):
    """The actor may see it but not do this (không có quyền)."""


class NotFound(KhueError):
    """Not there, or not there for this actor: strangers learn nothing (không tìm thấy)."""


class Conflict(KhueError):
    """Somebody else changed it in between (xung đột)."""


class Invalid(KhueError):
    """The input cannot be read or is out of range (dữ liệu không hợp lệ)."""
