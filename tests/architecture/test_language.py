"""Vietnamese in the source, English by catalogue: nothing forgotten, nothing left over (docs/adr/0014)."""

from __future__ import annotations

import ast
import enum
import gettext
import pkgutil
import re
from importlib import import_module

import pytest

import khue.rules
from khue.kit.ui import scripts
from khue.modules.gradebook import words
from khue.modules.records import words as record_words
from khue.project import catalogue
from khue.rules.curriculum import subjects, traits
from khue.signing.foreign.layout import shipped as shipped_layouts
from khue.signing.profile import record_types
from tests.architecture.sources import PACKAGE, sources

TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
VIETNAMESE = re.compile(r"[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")
# What is marked, and what is not language: comments, comparisons of data, the name of the product.
MARKED = (
    re.compile(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}", re.DOTALL),
    re.compile(r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}", re.DOTALL),
    re.compile(r"""{%\s*translate\s+(?:"[^"]*"|'[^']*')[^%]*%}"""),
    re.compile(r"""_\((?:"[^"]*"|'[^']*')\)"""),
    re.compile(r"{#.*?#}"),
)
DATA = re.compile(r'Khuê|(?:== |value=)"Nữ"')  # the name of the product; the sex as it is stored
REGIME_CODES = "regimes"  # their values are codes, not words


@pytest.fixture(scope="module")
def said() -> catalogue.Written:
    return catalogue.read()


def test_the_catalogue_has_every_message_and_no_other(said: catalogue.Written) -> None:
    """After a change: `./khue manage catalogue`, then write the English it asks for."""
    spoken = set(catalogue.messages())
    assert len(spoken) > 1000
    assert spoken - set(said) == set(), "not in django.po"
    assert set(said) - spoken == set(), "nothing says this any more"


def test_every_message_has_its_english(said: catalogue.Written) -> None:
    assert [message for message, texts in said.items() if not all(texts)] == []
    assert "#, fuzzy" not in catalogue.ENGLISH.read_text(encoding="utf-8")
    assert [texts for message, texts in said.items() if message[2] and len(texts) != 2] == []


def test_the_compiled_catalogue_is_the_written_one(said: catalogue.Written) -> None:
    compiled = catalogue.ENGLISH.with_suffix(".mo")
    assert compiled.read_bytes() == catalogue.mo_bytes(said)
    with compiled.open("rb") as stream:
        read = gettext.GNUTranslations(stream)
    for (context, singular, plural), texts in said.items():
        if plural:
            assert (read.ngettext(singular, plural, 1), read.ngettext(singular, plural, 2)) == texts
        else:
            found = read.pgettext(context, singular) if context else read.gettext(singular)
            assert (found,) == texts


def test_a_translation_has_the_places_of_its_source(said: catalogue.Written) -> None:
    faults = [
        (message[1], text)
        for message, texts in said.items()
        for text in texts
        if set(PLACES.findall(text)) != set(PLACES.findall(message[1]))
    ]
    assert not faults


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_template_says_a_word_that_is_not_marked(path) -> None:
    text = path.read_text(encoding="utf-8")
    for rule in MARKED:
        text = rule.sub("", text)
    text = DATA.sub("", text)
    assert [line.strip()[:100] for line in text.splitlines() if VIETNAMESE.search(line)] == []


def test_no_page_says_a_word_of_python_that_is_not_marked(said: catalogue.Written) -> None:
    """Where Python speaks to people; what is stored, printed or typed by them stays as it is."""
    marked = {message[1] for message in said}
    faults = []
    for source in sources():
        if not SPEAKS.search(source.name):
            continue
        documents = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(source.tree):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if VIETNAMESE.search(text) and id(node) not in documents and text not in marked | STORED:
                faults.append(f"{source.name}:{node.lineno}: {text[:60]}")
    assert not faults, "\n".join(faults)


def test_what_is_stored_frozen_or_printed_is_written_in_vietnamese() -> None:
    """Code that writes may mark a word but not translate it: a record has no reader yet."""
    faults = []
    for source in sources():
        if not WRITES.search(source.name) or source.name in REFUSES:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module in SPEAKERS:
                names = {alias.name for alias in node.names} - {"gettext_noop"}
                faults += [f"{source.name}: {name}" for name in sorted(names)]
    assert not faults, "\n".join(faults)


WRITES = re.compile(
    r"modules/.*(?:/(?:services|kinds)/|/(?:services|results|excel|plan|history|proof|facts|calculation|slots)\.py)"
)
SPEAKERS = {"django.utils.translation", "khue.kit.words"}
REFUSES = {"modules/gradebook/services/closing.py"}  # names the sheets in a refusal
SPEAKS = re.compile(r"/(views|errors|policy|pages|grid|explain|actions|roles|edge|web|context)(/|\.py)")
STORED = {"Nữ", "tệp", "CĐ✗"}  # the sex as it is stored; a file without a name; the letters of results


def test_no_script_says_a_word_that_is_not_marked() -> None:
    """But for what a teacher may type into a cell: the letters of results, the words of headings."""
    literal = re.compile(r"""'(?:[^'\\\n]|\\.)*'|`[^`]*`""")
    faults = []
    for path in PACKAGE.rglob("static/**/*.js"):
        source = re.sub(r"//.*|/\*.*?\*/", "", scripts.CALL.sub("", path.read_text(encoding="utf-8")))
        sentences = [text for text in literal.findall(source) if " " in text and VIETNAMESE.search(text)]
        faults += [f"{path.name}: {text}" for text in sentences if text.strip("'") not in TYPED]
    assert not faults, "\n".join(faults)


TYPED = {"chưa đạt", "hoàn thành tốt", "hoàn thành", "chưa hoàn thành"}


def test_what_the_rules_call_their_results_is_marked() -> None:
    """`khue.rules` knows no Django, so its words are marked where they are shown."""
    labels = set()
    for info in pkgutil.iter_modules(khue.rules.__path__):
        if info.name in {"tests", REGIME_CODES}:
            continue
        module = import_module(f"khue.rules.{info.name}")
        kinds = [kind for kind in vars(module).values() if isinstance(kind, enum.EnumMeta)]
        members = [member for kind in kinds if kind.__module__ == module.__name__ for member in kind]
        labels |= {str(getattr(member, "label", member.value)) for member in members}
    spoken = {label for label in labels if VIETNAMESE.search(label)}
    assert len(spoken) > 20
    assert spoken - set(words.OF_RULES) == set()


def test_the_words_of_the_curriculum_are_marked() -> None:
    grades = [("TH", range(1, 6)), ("THCS", range(6, 10)), ("THPT", range(10, 13))]
    named = {item.name for level, span in grades for grade in span for item in subjects(level, grade)}
    named |= {name for grade in range(1, 6) for _, name in traits(grade)}
    assert len(named) > 40
    assert named - set(words.OF_CURRICULUM) == set()


def test_the_names_of_records_and_roles_are_marked() -> None:
    kinds = [*record_types().values(), *shipped_layouts()]
    named = {kind.name for kind in kinds} | {slot.name for kind in kinds for slot in kind.slots}
    assert len(named) > 8
    assert named - set(record_words.OF_RECORDS) == set()


def test_what_is_wrong_in_a_binary_file_is_marked() -> None:
    """`khue.signing` knows no Django: its short words (parameter `what`) are marked where they are shown."""
    marked = set(record_words.OF_FAULTS + record_words.OF_RECORDS)
    faults, found = [], 0
    for source in sources():
        if not FAULTS.fullmatch(source.name):
            continue
        documents = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(source.tree):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if VIETNAMESE.search(text) and id(node) not in documents:
                found += 1
                faults += [] if text.strip() in marked else [f"{source.name}:{node.lineno}: {text}"]
    assert found > 50
    assert not faults, "\n".join(faults)


# pades/seal.py writes the reason of a seal, which is official text.
FAULTS = re.compile(r"signing/(?:der|cms|tsa/(?!sentences)\w+|pades/(?!sentences|seal)\w+)\.py")


def test_the_reader_of_templates_finds_each_kind_of_mark() -> None:
    source = (
        '{% load i18n %}{% translate "Một" %}{% translate \'Hai\' context "số" %}{{ x|default:_("Ba") }}'
        "{% blocktranslate with y=z.y %}Bốn {{ y }} %{% endblocktranslate %}"
        "{% blocktranslate count n=x %}{{ n }} năm{% plural %}{{ n }} năm nữa{% endblocktranslate %}"
    )
    assert list(catalogue.in_template(source)) == [
        ("", "Một", ""),
        ("số", "Hai", ""),
        ("", "Ba", ""),
        ("", "Bốn %(y)s %%", ""),
        ("", "%(n)s năm", "%(n)s năm nữa"),
    ]


def test_the_reader_of_python_finds_each_kind_of_mark() -> None:
    source = '_("Một"); gettext_noop("Hai" " ba"); ngettext("bốn", "năm", n); pgettext("số", "sáu"); f("bảy")'
    assert list(catalogue.in_python(source)) == [
        ("", "Một", ""), ("", "Hai ba", ""), ("", "bốn", "năm"), ("số", "sáu", ""),
    ]  # fmt: skip


def test_the_reader_of_scripts_finds_each_sentence_once() -> None:
    source = "say(_('Đã lưu {at}', { at }), _('Đóng')); _( 'Đóng' ); f('Ba')"
    assert scripts.in_script(source) == ["Đã lưu {at}", "Đóng"]


def test_a_catalogue_survives_writing_and_reading(tmp_path) -> None:
    written = {("", "Một «a»\n", ""): ('One "a"\n',), ("số", "Hai", ""): ("Two",), ("", "b", "c"): ("1", "2")}
    path = tmp_path / "django.po"
    places = {message: ["a.py", "b.html"] for message in written}
    path.write_text(catalogue.po_text(places, written), encoding="utf-8")
    assert catalogue.read(path) == written
