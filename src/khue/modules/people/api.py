"""What other modules may call about persons."""

from __future__ import annotations

from khue.modules.people.duplicates import duplicates_of, merge_identifiers, unmerge_identifiers
from khue.modules.people.guardians import link_guardian
from khue.modules.people.matching import match_people
from khue.modules.people.merging import temporary_code
from khue.modules.people.models import (
    Employment,
    Guardianship,
    IdentifierMerge,
    IdentifierScheme,
    Person,
    PersonIdentifier,
    PupilProfile,
)
from khue.modules.people.moving import move_pupil, return_pupils, set_register_numbers
from khue.modules.people.places import (
    admit_pupil,
    admit_pupils,
    employ,
    employ_people,
    end_employment,
)
from khue.modules.people.policy import SEE_PERSON, SEE_PUPIL, SEE_STAFF
from khue.modules.people.queries import (
    bears_number,
    belongs_to,
    field_label,
    find_people,
    has_word,
    names_of,
    person_in_scope,
    personal_numbers_of,
    places_of_staff,
    pupils_of,
    schools_of_staff,
    sealed_numbers_readable,
    search_words,
    staff_of,
    works_in_scope,
)
from khue.modules.people.services import (
    add_identifier,
    add_identifiers,
    change_people,
    change_person,
    register_people,
    register_person,
    withdraw_identifiers,
    withdraw_people,
)

__all__ = [
    "SEE_PERSON",
    "SEE_PUPIL",
    "SEE_STAFF",
    "Employment",
    "Guardianship",
    "IdentifierMerge",
    "IdentifierScheme",
    "Person",
    "PersonIdentifier",
    "PupilProfile",
    "add_identifier",
    "add_identifiers",
    "admit_pupil",
    "admit_pupils",
    "bears_number",
    "belongs_to",
    "change_people",
    "change_person",
    "duplicates_of",
    "employ",
    "employ_people",
    "end_employment",
    "field_label",
    "find_people",
    "has_word",
    "link_guardian",
    "match_people",
    "merge_identifiers",
    "move_pupil",
    "names_of",
    "person_in_scope",
    "personal_numbers_of",
    "places_of_staff",
    "pupils_of",
    "register_people",
    "register_person",
    "return_pupils",
    "schools_of_staff",
    "sealed_numbers_readable",
    "search_words",
    "set_register_numbers",
    "staff_of",
    "temporary_code",
    "unmerge_identifiers",
    "withdraw_identifiers",
    "withdraw_people",
    "works_in_scope",
]
