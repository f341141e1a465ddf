"""An attacker with every role of another school: no address opens, no body smuggles, nothing changes."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from khue.core.actor import Role, system_actor
from khue.core.ids import short, uuid7
from khue.kit.models import AuditEvent
from khue.modules.access.api import Account, Grant
from khue.modules.access.models import EmergencyAccess
from khue.modules.gradebook.signed import acts
from khue.modules.orgs.api import Unit
from khue.modules.people import api as people
from khue.modules.records.models import Certificate
from khue.modules.schooling import api as schooling
from khue.modules.store.services import keys
from khue.modules.transcripts import sharing
from tests.cast import NOW, SINCE, World, fill, make_actor, make_class, make_pupils, make_staff, sign_in
from tests.private_rows import PRIVATE, make_rows
from tests.signers import make_signers

pytestmark = pytest.mark.django_db
SCHOOL_ROLES = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.CLERK, Role.TEACHER, Role.IT_STAFF)
# What a stranger's visit itself leaves behind.
TRACES = {"kit.AuditEvent", "sessions.Session"}
OLDER = ("access", "people", "schooling", "gradebook", "importing", "orgs", "records")
NEWER = ("register", "transcripts", "copies", "transfers", "store")
OURS = (*OLDER, *NEWER)
EVERYWHERE = {"unit", "class", "pupil", "document"}  # kinds of rows that addresses of all modules name
MACHINES = "store:api_"  # a key in the header, no cookie: no form can be made to send there
NOTHING = {301, 302, 400, 404, 405, 422}
PATTERN = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(autouse=True)
def plain_world(settings) -> None:
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


def addresses() -> list[tuple[str, tuple[str, ...]]]:
    """Every named address of our modules with the names of its parameters."""
    found: list[tuple[str, tuple[str, ...]]] = []

    def walk(resolver: URLResolver, space: str) -> None:
        for item in resolver.url_patterns:
            if isinstance(item, URLResolver):
                walk(item, item.namespace or space)
            elif isinstance(item, URLPattern) and space in OURS:
                found.append((f"{space}:{item.name}", tuple(PATTERN.findall(str(item.pattern)))))

    walk(get_resolver(), "")
    return found


@pytest.fixture
def secrets(world: World, settings, tmp_path) -> dict[str, UUID]:
    """One row of each kind that belongs to the school attacked."""
    fill(world.sheet("6A", "TOAN"))
    signers = make_signers(world, settings, tmp_path)
    batch = signers.sign(world.hoa, acts.SHEET, world.sheet("6A", "TOAN").pk)
    hoa = world.hoa.person_id
    account = Account.objects.create_user("hoa.nt", person_id=hoa)
    grant = Grant.objects.create(person_id=hoa, role="clerk", unit=world.school, valid_from=SINCE)
    opened = EmergencyAccess.objects.create(
        account=account,
        unit=world.school,
        reason="Phụ huynh báo mất học bạ",
        opened_at=NOW,
        expires_at=NOW + dt.timedelta(hours=1),
    )
    private = {kind: row.pk for kind, row in make_rows(world, signers.document()).items()}
    return private | {
        "unit": world.school.pk, "class": world.classes["6A"].pk, "subject": world.subject("6A", "TOAN").pk,
        "sheet": world.sheet("6A", "TOAN").pk, "pupil": world.pupils["6A"][0], "staff": hoa,
        "job": people.Employment.objects.get(person=hoa).pk, "grant": grant.pk, "emergency": opened.pk,
        "account": account.pk, "batch": batch.pk, "document": signers.document().pk,
        "certificate": signers.certificates["hoa"].pk, "seal": signers.certificates["school"].pk,
    }  # fmt: skip


@pytest.fixture
def attacker(world: World) -> Client:
    """Every role of a school over the other school, with a class and pupils of one's own."""
    person = people.Person.objects.get(pk=world.quang.person_id)
    pupils = make_pupils(world.elsewhere, ("Chu Văn Ngoài",), 2055000000)
    world.pupils["own"] = pupils
    world.classes["own"] = make_class(world.elsewhere, world.year, "6A", 6, pupils)
    return sign_in(make_actor(person, *((role, world.elsewhere) for role in SCHOOL_ROLES)))


@pytest.fixture
def nobody(world: World) -> Client:
    """An account without any role."""
    return sign_in(make_actor(make_staff(world.elsewhere, "Mông Văn Không")))


def everything() -> dict[str, list[tuple[object, ...]]]:
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model.__module__.startswith("khue.") and model._meta.label not in TRACES
    }


def visits(key: UUID, kind: str = "") -> Iterator[tuple[str, str]]:
    """Each address with this id in all of its places: of the modules that know rows of the kind."""
    spaces = OURS if not kind or kind in EVERYWHERE else NEWER if kind in PRIVATE else OLDER
    for name, parameters in addresses():
        if {"key", "unit", "pupil"} & set(parameters) and name.split(":")[0] in spaces:
            given = {name: 1 if name == "term" else short(key) for name in parameters}
            yield name, reverse(name, kwargs=given)


def test_there_are_addresses_to_try() -> None:
    assert len([name for name, parameters in addresses() if "key" in parameters]) >= 20


@pytest.mark.parametrize("who", ["attacker", "nobody"])
def test_no_address_opens_for_a_stranger(world: World, secrets, request, who: str) -> None:
    client = request.getfixturevalue(who)
    before = everything()

    def told(key: UUID, kind: str = "") -> dict[tuple[str, str], int]:
        found = {}
        cache.clear()  # who asks a machine's address too often is told so
        for name, address in visits(key, kind):
            found[name, "GET"] = client.get(address).status_code
            found[name, "POST"] = client.post(address, {"viec": "mat-khau", "step": "approve"}).status_code
        return found

    unknown = told(uuid7())
    pages = {asked: code for asked, code in unknown.items() if not asked[0].startswith(MACHINES)}
    assert {code for (_, method), code in pages.items() if method == "GET"} <= {404, 405}
    # 400: the body was read first, whatever the id; 302: on to the list, with a refusal above it.
    assert set(pages.values()) <= {302, 400, 404, 405}
    assert {unknown[asked] for asked in unknown.keys() - pages.keys()} == {401, 405}
    for kind, key in secrets.items():
        found = told(key, kind)  # what is there and what is not are told alike
        assert found == {asked: unknown[asked] for asked in found}, kind
    assert everything() == before


def test_lists_show_a_stranger_nothing(world: World, secrets, attacker: Client) -> None:
    names = {"Nông Thị Hoa", "Hoàng Văn Minh", "Lý Tiến Bình", "Nông Văn Đức"}
    for name, parameters in addresses():
        if parameters:
            continue
        school = short(world.school.pk)
        for query in ("", f"?truong={school}", f"?don-vi={school}", "?tim=hoa"):
            answer = attacker.get(reverse(name) + query)
            text = answer.content.decode()
            told = {word for word in names if word in text}
            told |= {kind for kind, key in secrets.items() if f"/{short(key)}/" in text}
            assert not told, (name, query, told)


def bodies(world: World, secrets: dict[str, UUID]) -> Iterator[tuple[str, dict[str, object]]]:
    """Forms of the attacker's own pages with ids of the attacked school in their fields."""
    own = {
        "unit": short(world.elsewhere.pk), "class": short(world.classes["own"].pk),
        "pupil": short(world.pupils["own"][0]), "me": short(world.quang.person_id),
    }  # fmt: skip
    foreign = {kind: short(key) for kind, key in secrets.items()}
    own_subject = short(schooling.class_subjects(world.classes["own"].pk).first().pk)
    day = "15/12/2025"
    yield reverse("access:grant"), {"nguoi": foreign["staff"], "don-vi": own["unit"], "vai-tro": "clerk"}
    yield reverse("access:grant"), {"nguoi": own["me"], "don-vi": foreign["unit"], "vai-tro": "principal"}
    yield reverse("access:accounts"), {"don-vi": own["unit"], "nguoi": foreign["staff"]}
    yield reverse("access:accounts"), {"don-vi": foreign["unit"], "nguoi": foreign["staff"]}
    for step in ("mat-khau", "mat-dien-thoai", "khoa", "mo"):
        yield reverse("access:account", args=[own["unit"], foreign["staff"]]), {"viec": step}
    yield reverse("access:emergency"), {"don-vi": foreign["unit"], "li-do": "Cần xem gấp hồ sơ của em Bình"}
    yield reverse("schooling:place", args=[own["class"]]), {"pupil": foreign["pupil"], "since": day}
    mine = reverse("schooling:pupil", args=[own["class"], own["pupil"]])
    yield mine, {"act": "move", "to": foreign["class"], "on": day}
    yield reverse("schooling:subject", args=[own_subject]), {"pupil": foreign["pupil"]}
    plan = reverse("schooling:teaching", args=[own["unit"]])
    yield plan, {f"m_{foreign['subject']}": "Triệu Văn Quang", "since": day}
    yield plan, {f"h_{foreign['class']}": "Triệu Văn Quang", "since": day}
    yield plan, {f"m_{own_subject}": "Nông Thị Hoa", "since": day}
    yield reverse("gradebook:close_many"), {"sheet": foreign["sheet"]}
    yield reverse("gradebook:seal_many"), {"class": foreign["class"], "term": "1"}
    yield reverse("gradebook:sign_many"), {"part": "sheets", "term": "1", "key": foreign["sheet"]}
    yield from newer_bodies(own, foreign)
    both = [short(world.sheet("own", "TOAN").pk), foreign["sheet"]]
    yield reverse("gradebook:sign_many"), {"part": "sheets", "term": "1", "key": both}
    for part in ("classes", "digest"):
        yield reverse("gradebook:sign_many"), {"part": part, "term": "1", "key": foreign["class"]}
    yield reverse("records:seal_many"), {"document": foreign["document"]}
    for kind in ("certificate", "seal"):
        given = base64.b64encode(Certificate.objects.get(pk=secrets[kind]).content).decode()
        yield reverse("records:register"), {"provider": "agent", "certificate": given}
        for school in ("own", "foreign"):
            unit = own["unit"] if school == "own" else foreign["unit"]
            yield reverse("records:register"), {"provider": "agent", "certificate": given, "school": unit}
    yield reverse("importing:upload"), {"truong": foreign["unit"], "school": foreign["unit"]}
    places = reverse("people:places", args=[own["pupil"]])
    yield places, {"act": "employ", "unit": foreign["unit"], "position": "Giáo viên", "since": day}
    yield places, {"act": "end-job", "row": foreign["job"], "on": day}
    for name in ("people:new_pupil", "people:new_staff"):
        newcomer = {"unit": foreign["unit"], "full_name": "Chu Văn Mới", "position": "Giáo viên"}
        yield reverse(name), newcomer
    # Fields that no form has: nothing is assigned for being sent.
    edit = reverse("people:edit", args=[own["pupil"]])
    yield edit, {"school": foreign["unit"], "school_id": foreign["unit"], "id": foreign["pupil"]}


def newer_bodies(own: dict[str, str], foreign: dict[str, str]) -> Iterator[tuple[str, dict[str, object]]]:
    """The same for registers, transcripts, transfers and the store."""
    why, decision = "Gia đình chuyển nơi ở", "Số 1/QĐ"
    yield reverse("register:not_entered", args=[own["unit"]]), {"pupil": foreign["pupil"]}
    for act in ("sign", "plain"):
        close = {"book": foreign["book"], "act": act, "accept_missing": "Còn nằm ở sổ giấy."}
        yield reverse("register:close", args=[own["unit"]]), close
    leaving = {"pupil": foreign["pupil"], "person": foreign["pupil"], "to_school": own["unit"], "reason": why}
    yield reverse("transfers:leaving"), leaving
    yield reverse("transfers:leaving"), leaving | {"to_school": "", "outside": "Trường THCS Chợ Chu"}
    coming = {"truong": foreign["unit"], "school": foreign["unit"], "to_school": foreign["unit"]}
    yield reverse("transfers:coming"), coming | {"reason": why, "ministry_code": "2099000000"}
    yield reverse("transfers:receive"), {"truong": foreign["unit"], "school": foreign["unit"]}
    for field in ("class", "lop", "key"):
        yield reverse("transcripts:generate_many"), {field: foreign["class"], "nam": "2025-2026"}
        yield reverse("transcripts:accept"), {field: foreign["class"], "nam": "2025-2026"}
    for step in ("subject", "year", "approve"):
        yield reverse("transcripts:sign"), {"act": step, "class": foreign["class"], "nam": "2025-2026"}
    yield reverse("store:send", args=[own["unit"]]), {"document": foreign["document"], "nam": "2025-2026"}
    for field in ("item", "key"):
        answer = {field: foreign["package item"], "answer": "accepted", "reason": why, "authority": decision}
        yield reverse("store:decide"), answer


def test_no_link_of_a_copy_opens_without_its_token(world: World, secrets, attacker: Client) -> None:
    """The link has a token of its own: no id of a row is one, and the page alone shows no name."""
    before = everything()
    for token in (*map(short, secrets.values()), secrets["copy"].hex, "a" * 43):
        for client in (attacker, Client()):
            for answer in (client.get(f"/hb/{token}"), client.post(f"/hb/{token}", {"code": "00000000"})):
                assert answer.status_code == 404, token
    assert everything() == before
    shown = Client().get(f"/hb/{sharing.token_of(secrets['copy'])}")
    assert shown.status_code == 200
    assert "Lý Tiến Bình" not in shown.content.decode()


def test_a_machine_opens_nothing_of_another_school(world: World, secrets) -> None:
    """A school's key sees its own packages and requests; those of another are told like none."""
    now = timezone.now()
    text = keys.give(system_actor("Sở", now), school_id=world.elsewhere.pk, label="Máy Nà Lầu", days=1)[1]
    before = everything()
    unknown: dict[str, int] = {}
    for kind in ("none", "package", "outgoing request", "received request"):
        key = secrets.get(kind) or uuid7()
        code = "20180001-GOI" if kind == "package" else "20180001-KHONG"
        paths = [f"packages/{code}{end}" for end in ("", "/body", "/finish", "/answers")]
        for path in [*paths, f"requests/{key}"]:
            for method in ("get", "post", "patch", "delete"):
                ask = getattr(Client(headers={"authorization": f"Bearer {text}"}), method)
                answer = ask(f"/kho-hoc-ba/api/v1/{path}", headers={"upload-offset": "0"})
                place = f"{method} {path.replace(code, '').replace(str(key), '')}"
                assert answer.status_code in {404, 405}, (place, answer.content)
                assert unknown.setdefault(place, answer.status_code) == answer.status_code, kind
    after = everything()
    del before["store.StoreKey"], after["store.StoreKey"]  # the day on which it was used last
    assert after == before


def test_no_body_smuggles_what_belongs_to_another_school(world: World, secrets, attacker: Client) -> None:
    done = []
    for address, body in bodies(world, secrets):
        before = everything()
        answer = attacker.post(address, body)
        if answer.status_code not in NOTHING:
            done.append((address, body, answer.status_code))
        changed = [label for label, rows in everything().items() if rows != before[label]]
        assert not changed, (address, body, changed)
    assert not done


def test_marks_of_a_foreign_pupil_are_refused_inside_ones_own_sheet(world, secrets, attacker) -> None:
    own = world.sheet("own", "TOAN")
    operation = {
        "id": str(uuid7()), "pupil": short(secrets["pupil"]), "slot": "gk", "value": "10", "base": 0,
    }  # fmt: skip
    before = everything()
    address = reverse("gradebook:operations", args=[short(own.pk)])
    answer = attacker.post(address, {"operations": [operation]}, content_type="application/json")
    assert answer.status_code < 500
    assert everything() == before


def test_forms_need_the_token_of_their_own_page(world: World, attacker: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = attacker.cookies
    tried = 0
    for name, parameters in addresses():
        given = {key: 1 if key == "term" else short(world.classes["own"].pk) for key in parameters}
        answer = strict.post(reverse(name, kwargs=given))
        tried += 1
        if name.startswith(MACHINES):  # the cookie counts for nothing there
            assert answer.status_code in {401, 405, 429}, (name, answer.status_code)
            continue
        assert answer.status_code in {403, 405}, (name, answer.status_code)
        assert answer.status_code == 405 or "KIT-005" in answer.content.decode()
    assert tried > 30


def test_every_answer_carries_the_headers_and_stays_private(world: World, attacker: Client) -> None:
    for name, parameters in addresses():
        given = {key: 1 if key == "term" else short(uuid7()) for key in parameters}
        answer = attacker.get(reverse(name, kwargs=given))
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        if answer.status_code == 200:
            kept = answer.headers.get("Cache-Control", "")
            assert "private" in kept or "no-store" in kept, name


def test_a_strange_host_gets_nothing(attacker: Client) -> None:
    assert attacker.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_request_too_large_is_refused_in_words(attacker: Client, world: World) -> None:
    answer = attacker.post(reverse("access:grant"), {"quyet-dinh": "x" * (3 * 1024 * 1024)})
    assert answer.status_code == 400
    assert "KIT-004" in answer.content.decode()


def test_a_name_full_of_markup_stays_text(world: World) -> None:
    evil = "<script>alert(1)</script> {{ 7|add:7 }} ' OR 1=1 --"
    people.Person.objects.filter(pk=world.pupils["6A"][0]).update(full_name=evil, search_key="evil")
    minh = sign_in(world.minh)
    for address in (
        reverse("people:home") + "?tim=evil", reverse("people:person", args=[short(world.pupils["6A"][0])]),
        reverse("schooling:class", args=[short(world.classes["6A"].pk)]),
        reverse("gradebook:sheet", args=[short(world.sheet("6A", "TOAN").pk)]),
    ):  # fmt: skip
        answer = minh.get(address)
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "<script>alert" not in text, address
        assert "alert(1)" in text, address
    found = minh.get(reverse("people:home"), {"tim": "' OR 1=1 --"})
    assert "alert(1)" not in found.content.decode()


def test_nobody_is_told_who_looked_without_being_allowed(world: World, attacker: Client) -> None:
    """A refused visit leaves no line of the log in the attacked school either."""
    attacker.get(reverse("schooling:class", args=[short(world.classes["6A"].pk)]))
    assert not AuditEvent.objects.filter(unit=world.school.pk, actor_person=world.quang.person_id).exists()
    assert Unit.objects.filter(pk=world.school.pk).exists()
