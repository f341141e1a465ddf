"""What other modules may call of the enrolment register."""

from __future__ import annotations

from khue.modules.register.models import EntryState, EventKind, RegisterBook, RegisterEntry, RegisterEvent
from khue.modules.register.proof import verify_register
from khue.modules.register.queries import entry_of, number_shown, path_of
from khue.modules.register.services.civil import change_civil_status
from khue.modules.register.services.closing import close_book
from khue.modules.register.services.entering import Entered, enter, enter_many, void_entries
from khue.modules.register.services.recording import record_event

__all__ = [
    "Entered",
    "EntryState",
    "EventKind",
    "RegisterBook",
    "RegisterEntry",
    "RegisterEvent",
    "change_civil_status",
    "close_book",
    "enter",
    "enter_many",
    "entry_of",
    "number_shown",
    "path_of",
    "record_event",
    "verify_register",
    "void_entries",
]
