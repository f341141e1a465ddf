"""One comment for each group of traits in primary: who writes it, until when, and where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from django.urls import reverse
from lxml import etree
from tests.cast import NOW, SINCE, SYSTEM, World, make_actor, make_staff, sign_in, write
from tests.signers import SINCE as KEYS_SINCE
from tests.signers import Signers

from khue.core.actor import Actor, Role
from khue.core.errors import Invalid, NotAllowed, NotFound, Refused
from khue.core.ids import short
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.queries import phrases
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, seal
from khue.modules.records import demo_keys
from khue.modules.records.models import Document
from khue.modules.records.services import settling
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts import content, drafts, traits
from khue.modules.transcripts.compose import Composed, compose_class, unpack
from khue.modules.transcripts.data import Trait, YearPage
from khue.modules.transcripts.forms import ministry, paper
from khue.modules.transcripts.models import Comment, CommentSource, PageState, TranscriptPage
from khue.modules.transcripts.services.comments import sections_of
from khue.modules.transcripts.signed import tray
from khue.modules.transcripts.tests.acts import PART, deliver, refused
from khue.modules.transcripts.tests.test_forms_paper import needs_pdftotext, pages_of, text_of
from khue.project.bench.transcripts_pages import issued, year_page

QUALITY, GENERAL, SPECIFIC = traits.SECTIONS
OWN = "Em thật thà, biết nhường nhịn; cần chăm đọc sách hơn."


@dataclass(slots=True)
class Primary:
    """Class 4A with its year sealed and its transcripts made: the first pupil is not yet diligent."""

    world: World
    nga: Actor  # leads the class
    tho: Actor  # teaches music there
    tam: Actor  # principal
    pages: list[TranscriptPage]

    @property
    def key(self) -> UUID:
        """The class."""
        return self.world.classes["4A"].id

    def again(self) -> list[TranscriptPage]:
        """The pages as they are kept now."""
        return list(TranscriptPage.objects.filter(school_class=self.key).order_by("position"))

    def comments(self) -> list[dict[str, str]]:
        """The comment of each group on each page, by its section."""
        return [
            {traits.section_of(group.code): str(group.comment) for group in traits.groups_of(value.traits)}
            for value in (unpack(page.content or {}) for page in self.again())
        ]


@pytest.fixture
def primary(world: World, signers: Signers) -> Primary:
    """Everybody has keys; nobody has commented."""
    key = world.classes["4A"].id
    people = [
        make_staff(world.primary, name, position)
        for name, position in (
            ("Hứa Thị Nga", "Giáo viên"), ("Chu Văn Thọ", "Giáo viên"), ("Lộc Văn Tâm", "Hiệu trưởng"),
        )
    ]  # fmt: skip
    roles = (Role.TEACHER, Role.TEACHER, Role.PRINCIPAL)
    nga, tho, tam = (
        make_actor(person, (role, world.primary)) for person, role in zip(people, roles, strict=True)
    )
    demo_keys.give_keys(
        NOW, KEYS_SINCE,
        people=[(one.person_id, one.name, f"CCCD:02009900120{n}") for n, one in enumerate((nga, tho, tam))],
        schools=[(world.primary.pk, world.primary.name, "MST:4900654321")],
    )  # fmt: skip
    schooling.assign_homeroom(SYSTEM, school_class_id=key, person_id=people[0].pk, since=SINCE)
    music = schooling.Assignment(world.subject("4A", "AN").id, people[1].pk)
    schooling.assign_teachers(SYSTEM, school_id=world.primary.pk, assignments=[music], since=SINCE)
    for term in (1, 2):
        fill_term(world, "4A", term)
        if term == 2:
            sheet = world.sheet("4A", "traits", term)
            assert write(SYSTEM, sheet, world.pupils["4A"][0], "end.pc_cc", "Đ").status == "done"
        close_subjects(world, "4A", term)
        seal(world, "4A", term)
    seal(world, "4A", 0)
    deliver()
    transcripts.generate(nga, school_class_id=key)
    made = Primary(world, nga, tho, tam, [])
    made.pages = made.again()
    return made


@pytest.mark.django_db
def test_what_she_writes_stands_once_in_the_group(primary: Primary) -> None:
    assert primary.comments() == [{QUALITY: "", GENERAL: "", SPECIFIC: ""}] * 3
    page = primary.pages[0]
    before = unpack(page.content or {})
    texts = {page.person_id: f"  {OWN} "}
    done = transcripts.write_comments(primary.nga, school_class_id=primary.key, section=QUALITY, texts=texts)
    assert done == 1
    page.refresh_from_db()
    after = unpack(page.content or {})
    said = [one.comment for one in after.traits]
    assert said == [OWN, *[""] * 14]
    assert [replace(one, comment="") for one in after.traits] == list(before.traits)
    assert content.changed_between(before, after) == ({content.YEAR}, False)
    row = Comment.objects.get()
    assert (row.section, row.text, row.source) == (QUALITY, OWN, CommentSource.TYPED)
    assert row.author == primary.nga.person_id
    assert transcripts.write_comments(
        primary.nga, school_class_id=primary.key, section=QUALITY, texts={page.person_id: OWN}
    ) == 0  # fmt: skip
    with refused(Invalid, "TRANS-011"):
        transcripts.write_comments(
            primary.nga, school_class_id=primary.key, section=QUALITY, texts={page.person_id: "Tốt"}
        )


@pytest.mark.django_db
def test_a_page_made_later_has_what_was_written_before(primary: Primary) -> None:
    page = primary.pages[1]
    TranscriptPage.objects.filter(pk=page.id).update(
        state=PageState.DRAFT, version=0, content=None, digest=""
    )
    for section in traits.SECTIONS:
        transcripts.write_comments(
            primary.nga, school_class_id=primary.key, section=section, texts={page.person_id: OWN}
        )
    page.refresh_from_db()
    assert page.content is None
    transcripts.generate(primary.nga, school_class_id=primary.key)
    assert primary.comments()[1] == {QUALITY: OWN, GENERAL: OWN, SPECIFIC: OWN}


@pytest.mark.django_db
def test_all_proposals_in_one_act_by_the_lowest_level_of_the_group(primary: Primary) -> None:
    assert set(traits.SECTIONS) < set(sections_of(primary.nga, schooling.class_of(primary.key)))
    assert set(lacks(primary)) == {QUALITY, GENERAL, SPECIFIC}
    (line,) = tray.homeroom_tray(primary.nga, primary.world.year)
    assert (len(line.ready), line.uncommented) == (0, 3)
    transcripts.accept_proposals(primary.nga, school_class_id=primary.key)
    found = primary.comments()
    assert "cần" in found[0][QUALITY], "one trait is not at the best level"
    for section in traits.SECTIONS:
        said = [one[section] for one in found]
        assert all(said)
        assert all(one != after for one, after in pairwise(said)), "neighbors differ"
        assert set(Comment.objects.filter(section=section).values_list("source", flat=True)) == {"bank"}
    assert lacks(primary) == []
    (line,) = tray.homeroom_tray(primary.nga, primary.world.year)
    assert (len(line.ready), line.uncommented) == (3, 0)
    assert transcripts.accept_proposals(primary.nga, school_class_id=primary.key) == 0
    Comment.objects.all().delete()
    transcripts.accept_proposals(primary.nga, school_class_id=primary.key)
    assert primary.comments() == found, "the same proposals every time"


def lacks(primary: Primary) -> list[str]:
    """What is missing on the pages of the class, of groups of traits."""
    found = compose_class(primary.key, primary.nga.today, primary.nga.now)
    return [one.code for pupil in found for one in pupil.missing if one.code in traits.SECTIONS]


@pytest.mark.django_db
def test_each_group_has_phrases_of_its_own(world: World) -> None:
    remarks = gradebook.phrases_by_band(world.primary.pk, "TH", world.lan.person_id)
    seen = {text for texts in remarks.values() for text in texts}
    for section in traits.SECTIONS:
        bank = gradebook.phrases_by_band(world.primary.pk, "TH", world.lan.person_id, slot=section)
        assert set(bank) == set("THC")
        assert all(len(texts) >= 2 for texts in bank.values())
        found = {text for texts in bank.values() for text in texts}
        assert not found & seen
        seen |= found
        assert gradebook.phrases_by_band(world.school.pk, "THCS", world.lan.person_id, slot=section) == {}
    offered = {row.text for row in phrases(world.lan, world.primary.pk, "TH")}
    assert offered == {text for texts in remarks.values() for text in texts}, "the grid offers remarks alone"


@pytest.mark.django_db
def test_nobody_else_writes_them(primary: Primary) -> None:
    texts = {page.person_id: OWN for page in primary.pages}
    for section in traits.SECTIONS:
        with refused(NotAllowed, "KIT-002"):
            transcripts.write_comments(primary.tho, school_class_id=primary.key, section=section, texts=texts)
        with refused(NotAllowed, "KIT-002"):
            transcripts.accept_proposals(primary.tho, school_class_id=primary.key, sections=[section])
        for actor in (primary.tam, primary.world.lan, primary.world.quang):
            with refused(NotFound, "KIT-001"):
                transcripts.write_comments(actor, school_class_id=primary.key, section=section, texts=texts)
    with refused(NotAllowed, "KIT-002"):  # a lower secondary class has no such sections
        transcripts.write_comments(
            primary.world.lan, school_class_id=primary.world.classes["6A"].id, section=QUALITY, texts={}
        )
    transcripts.accept_proposals(primary.tho, school_class_id=primary.key)
    assert set(Comment.objects.values_list("section", flat=True)) == {
        content.section_key(row.position, "AN")
        for row in schooling.class_subjects(primary.key).filter(subject__code="AN")
    }


@pytest.mark.django_db
def test_the_year_is_signed_with_them_and_they_stay_as_signed(primary: Primary, signers: Signers) -> None:
    first, second, third = primary.pages
    for section in (*sections_of(primary.nga, schooling.class_of(primary.key)),):
        if section not in (GENERAL, SPECIFIC):
            transcripts.accept_proposals(primary.nga, school_class_id=primary.key, sections=[section])
    checked = signers.check(primary.nga, transcripts.SIGN_YEAR, first.id, part=PART)
    (left,) = checked.left_out
    assert left.refusal.code == "TRANS-020"
    assert left.refusal.params["subject"] == "Năng lực chung, Năng lực đặc thù"
    transcripts.accept_proposals(primary.nga, school_class_id=primary.key)
    signers.sign(primary.nga, transcripts.SIGN_YEAR, first.id, second.id, part=PART)
    said = primary.comments()
    for section in (*traits.SECTIONS, content.YEAR, first_subject(primary)):
        with refused(Refused, "TRANS-010"):
            transcripts.write_comments(
                primary.nga, school_class_id=primary.key, section=section,
                texts={third.person_id: OWN, second.person_id: OWN},
            )  # fmt: skip
    assert primary.comments() == said
    signers.sign(primary.tam, transcripts.APPROVE, first.id, part=PART)
    settling.after_signing(primary.tam.now, primary.world.primary.pk)
    deliver()
    (transcript,) = transcripts.issued(first.person_id)
    page = transcript.pages[0].page
    assert [group.comment for group in traits.groups_of(page.traits)] == list(said[0].values())
    file = bytes(Document.objects.get(subject=first.id).file.content)
    assert all(file.count(text.encode()) == 1 for text in said[0].values())
    root = etree.fromstring(ministry.write_form(page, transcript.pages[0]))
    for tag, text in zip(ministry.GROUPS.values(), said[0].values(), strict=True):
        assert root.xpath(f"//{tag}/TIEU_CHI/NHAN_XET/text()") == [text]


def first_subject(primary: Primary) -> str:
    """The section of a subject that cô Nga comments."""
    return sections_of(primary.nga, schooling.class_of(primary.key))[0]


@pytest.mark.django_db
def test_what_was_signed_without_them_keeps_nobody_from_the_others(
    primary: Primary, signers: Signers
) -> None:
    transcripts.accept_proposals(primary.nga, school_class_id=primary.key)
    signed, open_ = primary.pages[0], primary.pages[1]
    signers.sign(primary.nga, transcripts.SIGN_YEAR, signed.id, part=PART)
    Comment.objects.filter(section__in=traits.SECTIONS).delete()
    before = TranscriptPage.objects.get(pk=signed.id).content
    assert transcripts.accept_proposals(primary.nga, school_class_id=primary.key) == 6
    assert TranscriptPage.objects.get(pk=signed.id).content == before
    assert not Comment.objects.filter(page=signed, section__in=traits.SECTIONS).exists()
    assert Comment.objects.filter(page=open_, section__in=traits.SECTIONS).count() == 3
    address = reverse("transcripts:comments", args=[short(primary.key), QUALITY])
    client = sign_in(primary.nga)
    shown = client.get(address).content.decode()
    assert f"text-{short(signed.person_id)}" not in shown, "nothing is typed where it cannot be kept"
    assert f"text-{short(open_.person_id)}" in shown
    with refused(Refused, "TRANS-010"):
        transcripts.write_comments(
            primary.nga, school_class_id=primary.key, section=QUALITY, texts={signed.person_id: OWN}
        )


@pytest.mark.django_db
def test_a_page_whose_year_is_signed_takes_nothing_while_others_sign(
    primary: Primary, signers: Signers
) -> None:
    """Only the head changed by decision: the year keeps its signature, and so does all that it holds."""
    transcripts.accept_proposals(primary.nga, school_class_id=primary.key)
    page = primary.pages[0]
    signers.sign(primary.nga, transcripts.SIGN_YEAR, page.id, part=PART)
    TranscriptPage.objects.filter(pk=page.id).update(state=PageState.SIGNING)
    for section in (QUALITY, first_subject(primary)):
        with refused(Refused, "TRANS-010"):
            transcripts.write_comments(
                primary.nga, school_class_id=primary.key, section=section, texts={page.person_id: OWN}
            )


@pytest.mark.django_db
def test_the_page_of_a_group(primary: Primary) -> None:
    client = sign_in(primary.nga)
    of_class = client.get(reverse("transcripts:class", args=[short(primary.key)])).content.decode()
    for section, name in traits.SECTION_NAMES.items():
        address = reverse("transcripts:comments", args=[short(primary.key), section])
        assert address in of_class
        assert f"Nhận xét: {name}" in of_class
        assert f"Thiếu nhận xét về {name[0].lower()}{name[1:]}" in of_class
    address = reverse("transcripts:comments", args=[short(primary.key), QUALITY])
    shown = client.get(address).content.decode()
    assert "Nhận xét Phẩm chất chủ yếu, lớp 4A" in shown
    assert shown.count("Chưa ở mức Tốt:") == 1
    assert re.search(r"Chưa ở mức Tốt: Chăm chỉ</span>", shown)
    proposed = dict(re.findall(r'<textarea name="(text-[^"]+)"[^>]*>([^<]+)</textarea>', shown))
    assert len(proposed) == 3
    first = f"text-{short(primary.pages[0].person_id)}"
    answer = client.post(address, proposed | {first: OWN}, follow=True).content.decode()
    assert "Đã ghi 3 học sinh." in answer
    assert [one[QUALITY] for one in primary.comments()] == [OWN, *list(proposed.values())[1:]]
    sources = [row.source for row in Comment.objects.order_by("page__position")]
    assert sources == ["typed", "bank", "bank"]
    read = client.get(reverse("transcripts:page", args=[short(primary.pages[0].id)])).content.decode()
    assert read.count(OWN) == 1
    assert "Năng lực đặc thù" in read
    assert sign_in(primary.tho).get(address).status_code == 403
    assert sign_in(primary.world.quang).get(address).status_code == 404


# --- without a database: groups, bands, paper, XML --------------------------------------------------


def with_own(page: YearPage) -> YearPage:
    """The page as another school would write it: something at every trait."""
    said = tuple(replace(one, comment=f"Riêng về {one.name}.") for one in page.traits)
    return replace(page, traits=said)


def test_groups_of_a_page() -> None:
    page = year_page("TH", 5)
    groups = traits.groups_of(page.traits)
    assert [(one.code, len(one.traits)) for one in groups] == [
        ("quality", 5),
        ("general", 3),
        ("specific", 7),
    ]
    assert [one.comment for one in groups] == [
        "Yêu quê hương, thân thiện với bạn.", "Biết tự học, tự giác.", "Diễn đạt rõ ràng, tính toán nhanh.",
    ]  # fmt: skip
    assert [traits.lowest(one.traits) for one in groups] == ["Đ", "Đ", "Đ"]
    assert traits.below_best(groups[0].traits) == ["Trung thực"]
    assert [one.comment for one in traits.groups_of(with_own(page).traits)] == [None, None, None]
    changed = traits.with_comment(page.traits, "general", OWN)
    assert traits.group_of(changed, "general").comment == OWN
    assert [one for one in changed if one.group != "general"] == [
        one for one in page.traits if one.group != "general"
    ]
    assert traits.with_comment((), "general", OWN) == ()


def test_a_comment_is_missing_only_where_something_was_assessed() -> None:
    bare = tuple(replace(one, comment="") for one in year_page("TH", 5).traits)
    assert traits.uncommented(bare, "TT27") == list(traits.SECTIONS)
    assert traits.uncommented(bare, "TT30") == [GENERAL, QUALITY]
    assert traits.uncommented(traits.with_comment(bare, "quality", OWN), "TT27") == [GENERAL, SPECIFIC]
    assert traits.uncommented([replace(one, level="") for one in bare], "TT27") == []
    assert traits.uncommented(with_own(year_page("TH", 5)).traits, "TT27") == []
    assert traits.uncommented((), "TT22") == []
    limit = Comment._meta.get_field("section").max_length
    assert limit
    assert max(map(len, traits.SECTIONS)) <= limit


@pytest.mark.parametrize(("levels", "band"), [("TTT", "T"), ("TĐT", "H"), ("ĐCT", "C"), ("", ""), ("C", "C")])
def test_the_lowest_level_of_a_group_chooses_the_phrases(levels: str, band: str) -> None:
    found = [Trait("quality", f"t{n}", f"Mục {n}", level) for n, level in enumerate(levels)]
    page = replace(year_page("TH", 5), traits=(*found, Trait("general", "g", "Khác", "C")))
    bank = {key: [f"{key} một", f"{key} hai", f"{key} ba"] for key in "THC"}
    pupils = [Composed(NOBODY, "Ai đó", number, page) for number in (1, 2, 3)]
    made = drafts.drafts_in(pupils, bank, QUALITY)
    if not levels:
        assert made == []
        return
    assert [one.proposal[:1] for one in made] == [band] * 3
    assert len({one.proposal for one in made}) == 3
    assert [one.below for one in made] == [tuple(traits.below_best(found))] * 3


NOBODY = UUID(int=0)


@needs_pdftotext
@pytest.mark.parametrize("regime", ["TT27", "TT30"])
def test_paper_has_one_cell_beside_the_group_or_one_at_every_trait(tmp_path: Path, regime: str) -> None:
    page = replace(year_page("TH", 5), regime=regime)
    parts = paper.primary.parts_of(page)["parts"]
    shared = [part for part in parts if part["shared"]]
    assert len(shared) == (3 if regime == "TT27" else 2)
    pdf = paper.year_pdf(issued(page))
    said = text_of(pdf, tmp_path)
    printed = {row[2] for part in shared for row in part["rows"] if row[2]}
    assert len(printed) == len(shared)
    for text in printed:
        assert said.count(text) == 1
    own = with_own(page)
    said = text_of(paper.year_pdf(issued(own)), tmp_path)
    groups = {"quality", "general"} | ({"specific"} if regime == "TT27" else set())
    for one in own.traits:
        assert said.count(one.comment) == (one.group in groups)


@needs_pdftotext
def test_the_longest_comments_go_on_over_the_page(tmp_path: Path) -> None:
    page = year_page("TH", 5)
    long = " ".join(f"từ{number}" for number in range(190))
    for group in traits.GROUPS:
        page = replace(page, traits=traits.with_comment(page.traits, group, f"{group} {long} cuối{group}."))
    pdf = paper.year_pdf(issued(page))
    said = text_of(pdf, tmp_path)
    assert all(f"cuối{group}." in said for group in traits.GROUPS)
    assert pages_of(pdf) <= 3
