"""Legacy Vietnamese fonts: text typed for TCVN3 (.VnTime) or VNI is found by its letters and decoded."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from khue.core.names import nfc

if TYPE_CHECKING:
    from khue.sheets.workbook import Book, Sheet

_TCVN3 = dict(
    zip(
        "µ\xb8¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢£¤¥¦§",
        "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ",
        strict=True,
    )
)
_VNI_MARKS = {
    "a": dict(zip("ùøûõïêéèúüëâáàåãä", "áàảãạăắằẳẵặâấầẩẫậ", strict=True)),
    "e": dict(zip("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip("ùøûõïâáàåãä", "óòỏõọôốồổỗộ", strict=True)),
    "ô": dict(zip("ùøûõï", "ớờởỡợ", strict=True)),
    "u": dict(zip("ùøûõï", "úùủũụ", strict=True)),
    "ö": dict(zip("ùøûõï", "ứừửữự", strict=True)),
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
}
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "î": "ỵ", "æ": "ỉ", "ó": "ĩ", "ò": "ị"}
# Latin-1 letters that do not occur in Vietnamese Unicode text.
_FOREIGN = {chr(code) for code in range(0xA1, 0x100)} - set(
    unicodedata.normalize("NFC", "àáãâèéêìíòóõôùúýÀÁÃÂÈÉÊÌÍÒÓÕÔÙÚÝ§°×«»·") + "\u00a0"
) | {"\xad"}
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
    r"(?:iê|yê|ia|ya|uô|ua|ươ|ưa|oai|oay|oao|oeo|uây|uôi|uya|uyê|uyu|ươi|ươu|iêu|yêu|oa|oă|oe|oi|ôi|ơi|oo|uâ|uê|ui|uơ|uy|ưi|ưu"
    r"|ai|ao|au|ay|âu|ây|eo|êu|iu|a|ă|â|e|ê|i|o|ô|ơ|u|ư|y)(?:ch|ng|nh|[cmnpt])?"
)
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
TCVN3, VNI = "TCVN3", "VNI"
ENOUGH = 3  # foreign letters in a sheet before anything is suspected


def from_tcvn3(text: str) -> str:
    """Text typed with a .Vn font."""
    return nfc("".join(_TCVN3.get(ch, ch) for ch in text))


def from_vni(text: str) -> str:
    """Text typed with a VNI font: a letter and the sign that follows it."""
    out: list[str] = []
    number = 0
    while number < len(text):
        ch, low = text[number], text[number].lower()
        after = text[number + 1].lower() if number + 1 < len(text) else ""
        joined = _VNI_MARKS.get(low, {}).get(after)
        if joined:
            out.append(joined.upper() if ch.isupper() else joined)
            number += 2
            continue
        alone = _VNI_ALONE.get(low)
        out.append((alone.upper() if ch.isupper() else alone) if alone else ch)
        number += 1
    return nfc("".join(out))


DECODERS = {TCVN3: from_tcvn3, VNI: from_vni}


@lru_cache(maxsize=4096)
def _plausible(word: str) -> bool:
    bare = _TONES.sub("", unicodedata.normalize("NFD", word.lower()))
    tones = len(_TONES.findall(unicodedata.normalize("NFD", word.lower())))
    return tones <= 1 and _SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare)) is not None


def _score(texts: list[str]) -> tuple[int, int]:
    # each word once, and no single letters: a column of «Ñ» (Đ) says nothing about the font
    words = {word for text in texts for word in re.findall(r"[^\W\d_]{2,}", text)}
    return sum(1 for word in words if _plausible(word)), len(words)


def encoding_of(texts: list[str]) -> str:
    """TCVN3, VNI or nothing: texts with foreign letters that read as Vietnamese once decoded."""
    suspect = [text for text in texts if any(ch in _FOREIGN for ch in text)]
    if sum(1 for text in suspect for ch in text if ch in _FOREIGN) < ENOUGH:
        return ""
    best, chosen = _score(suspect)[0], ""
    for name, decode in DECODERS.items():
        good, _ = _score([decode(text) for text in suspect])
        if good > best:
            best, chosen = good, name
    return chosen


def decode_book(book: Book) -> None:
    """Decode every sheet typed in a legacy font; `Sheet.font` says what was decoded."""
    for sheet in book.sheets:
        texts = [
            cell.value for row in sheet.rows.values() for cell in row.values() if isinstance(cell.value, str)
        ]
        found = encoding_of([text for text in texts if not text.isascii()][:400])
        if found:
            _decode(sheet, found)


def _decode(sheet: Sheet, name: str) -> None:
    decode = DECODERS[name]
    sheet.font = name
    for row in sheet.rows.values():
        for cell in row.values():
            if isinstance(cell.value, str) and not cell.value.isascii():
                cell.value = decode(cell.value)
