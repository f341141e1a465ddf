"""Which known pupil a row means: by code, then by name and birth date, then by a name that is unique."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.names import fold, nfc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from khue.sheets.data import Known, KnownPupil


@dataclass(slots=True)
class Match:
    """The outcome for a row."""

    pupil: KnownPupil | None = None
    problem: str = ""  # pupil_not_in_class, pupil_ambiguous, id_name_mismatch
    candidates: tuple[KnownPupil, ...] = ()  # whom an ambiguous row may mean


class Pupils:
    """The school's pupils, found by what a file says of them."""

    def __init__(self, known: Known, class_name: str = "") -> None:
        self.by_code: dict[str, KnownPupil] = {}
        self.by_name: dict[str, list[KnownPupil]] = defaultdict(list)
        self.by_plain: dict[str, list[KnownPupil]] = defaultdict(list)
        self.in_class: list[KnownPupil] = []
        for pupil in known.pupils:
            for code in (pupil.ref, pupil.software, pupil.personal):
                if code:
                    self.by_code[code] = pupil
            self.by_name[name_key(pupil.name)].append(pupil)
            self.by_plain[fold(pupil.name)].append(pupil)
            if class_name and pupil.class_name == class_name:
                self.in_class.append(pupil)
        self.class_name = class_name

    def named(self, name: str) -> list[KnownPupil]:
        """Pupils of this name; a file without accents may mean several."""
        if name.isascii():
            return self.by_plain.get(fold(name), [])
        return self.by_name.get(name_key(name), [])

    def trusted(self, codes: Iterable[str]) -> bool:
        """Whether a table's codes are codes the school knows; another program's own codes say nothing."""
        return any(code in self.by_code for code in codes)

    def find(self, code: str, name: str, birth: str) -> Match:
        """The pupil a row means."""
        if code and code in self.by_code:
            pupil = self.by_code[code]
            if name and not same_name(name, pupil.name):
                return Match(pupil, "id_name_mismatch")
            return Match(pupil)
        same = self.named(name)
        if code and same:
            # A code nobody knows: a name alone is not enough, name and birth date are.
            same = [pupil for pupil in same if birth and pupil.birth == birth]
        return self._of(same, birth)

    def _of(self, same: list[KnownPupil], birth: str) -> Match:
        if birth:
            exact = [pupil for pupil in same if pupil.birth == birth]
            same = exact or [pupil for pupil in same if _may_be(pupil.birth, birth)]
        if self.class_name and len(same) > 1:
            same = [pupil for pupil in same if pupil.class_name == self.class_name] or same
        if len(same) > 1:
            return Match(None, "pupil_ambiguous", tuple(same))
        return Match(same[0]) if same else Match(None, "pupil_not_in_class")


def _may_be(known: str, said: str) -> bool:
    """Whether two birth dates, one of them a bare year or missing, can be the same."""
    return not known or (YEAR in {len(known), len(said)} and known[:YEAR] == said[:YEAR])


YEAR = 4  # letters of a bare year


def same_name(written: str, known: str) -> bool:
    """Whether a file's name is a pupil's: accents count where the file has any."""
    return name_key(written) == name_key(known) or (written.isascii() and fold(written) == fold(known))


def name_key(name: str) -> str:
    """A name as it is compared: accents count, spelling of tones does not («Hoà», «Hòa»)."""
    return _tone_free_place(nfc(name).casefold())


def _tone_free_place(text: str) -> str:
    """Letters in order with the tone of each syllable at its end: Hoà and Hòa become equal."""
    words = []
    for word in text.split():
        letters, tone = [], ""
        for ch in unicodedata.normalize("NFD", word):
            if ch in "\u0300\u0301\u0303\u0309\u0323":
                tone = ch
            else:
                letters.append(ch)
        words.append("".join(letters) + tone)
    return " ".join(words)
