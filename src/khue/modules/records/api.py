"""What other modules may call of signed records."""

from __future__ import annotations

from khue.modules.records.acts import (
    Act,
    ActHome,
    DocumentSpec,
    NewSection,
    SignatureRef,
    Wanted,
    act_of,
    register_act,
)
from khue.modules.records.codes import new_code
from khue.modules.records.data import DocumentFact, FileFact, GivenSignature, RecordFault, SlotFact
from khue.modules.records.demo_keys import give_keys as give_demo_keys
from khue.modules.records.files import WITH_FILE, files_of
from khue.modules.records.models import Certificate, Document, DocumentState
from khue.modules.records.proof import verify_documents
from khue.modules.records.queries import (
    FrozenSection,
    changed_sections,
    complete_sections,
    complete_sections_of,
    document_of,
    documents_of,
    frozen_section,
    given_sections,
    identifiers_of,
    needs,
    school_identifier,
    signatures_given,
    signed_facts,
    signed_sections,
    waiting_stamps,
)
from khue.modules.records.renditions import Printed, pdf_of, register_renderer
from khue.modules.records.services.batches import Checked, Subject, check, start
from khue.modules.records.services.certificates import of_person, register
from khue.modules.records.services.documents import made_for_seal, supersede, withdraw
from khue.modules.records.services.examining import examined_on, keep_examination, last_examination
from khue.modules.records.services.revocation import refresh_revocation
from khue.modules.records.services.settling import after_signing, settle
from khue.modules.records.verification import check as verify_file
from khue.modules.records.verification import known_here, report_on
from khue.modules.records.views.signing import check_and_go
from khue.signing.tbs import SlotRef

__all__ = [
    "WITH_FILE",
    "Act",
    "ActHome",
    "Certificate",
    "Checked",
    "Document",
    "DocumentFact",
    "DocumentSpec",
    "DocumentState",
    "FileFact",
    "FrozenSection",
    "GivenSignature",
    "NewSection",
    "Printed",
    "RecordFault",
    "SignatureRef",
    "SlotFact",
    "SlotRef",
    "Subject",
    "Wanted",
    "act_of",
    "after_signing",
    "changed_sections",
    "check",
    "check_and_go",
    "complete_sections",
    "complete_sections_of",
    "document_of",
    "documents_of",
    "examined_on",
    "files_of",
    "frozen_section",
    "give_demo_keys",
    "given_sections",
    "identifiers_of",
    "keep_examination",
    "known_here",
    "last_examination",
    "made_for_seal",
    "needs",
    "new_code",
    "of_person",
    "pdf_of",
    "refresh_revocation",
    "register",
    "register_act",
    "register_renderer",
    "report_on",
    "school_identifier",
    "settle",
    "signatures_given",
    "signed_facts",
    "signed_sections",
    "start",
    "supersede",
    "verify_documents",
    "verify_file",
    "waiting_stamps",
    "withdraw",
]
