"""What other modules may call of transcripts."""

from __future__ import annotations

from khue.modules.transcripts.content import KINDS, kind_of, read_page, read_record
from khue.modules.transcripts.models import PageState, ReceivedFile, Transcript, TranscriptPage
from khue.modules.transcripts.passing import files_of_pupil
from khue.modules.transcripts.people_facts import place_of, pupils_facts
from khue.modules.transcripts.policy import RECEIVE, SEE_PAGE
from khue.modules.transcripts.reading import (
    issued,
    issued_documents,
    issued_page,
    read_transcript,
    transcript_of,
)
from khue.modules.transcripts.services.comments import (
    Facts,
    accept_proposals,
    write_comments,
    write_facts,
)
from khue.modules.transcripts.services.freezing import generate, renew
from khue.modules.transcripts.services.keeping import keep_file, open_transcripts
from khue.modules.transcripts.signed.acts import APPROVE
from khue.modules.transcripts.signed.acts import SUBJECT as SIGN_SUBJECT
from khue.modules.transcripts.signed.acts import YEAR as SIGN_YEAR
from khue.modules.transcripts.signed.tray import unfinished_years

__all__ = [
    "APPROVE",
    "KINDS",
    "RECEIVE",
    "SEE_PAGE",
    "SIGN_SUBJECT",
    "SIGN_YEAR",
    "Facts",
    "PageState",
    "ReceivedFile",
    "Transcript",
    "TranscriptPage",
    "accept_proposals",
    "files_of_pupil",
    "generate",
    "issued",
    "issued_documents",
    "issued_page",
    "keep_file",
    "kind_of",
    "open_transcripts",
    "place_of",
    "pupils_facts",
    "read_page",
    "read_record",
    "read_transcript",
    "renew",
    "transcript_of",
    "unfinished_years",
    "write_comments",
    "write_facts",
]
