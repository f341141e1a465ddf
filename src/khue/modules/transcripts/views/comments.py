"""Comments of a section with proposals, and what the gradebook has no place for (nhận xét, bổ sung)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from khue.core.errors import KhueError, NotAllowed, NotFound
from khue.core.ids import from_short, short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.words import said
from khue.modules.access.edge import signed_in
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import content, drafts, policy, traits
from khue.modules.transcripts.compose import last_day
from khue.modules.transcripts.models import TranscriptPage
from khue.modules.transcripts.services import comments

LINES = ("awards", "contests", "certificates")
TEXTS = ("height", "weight", "summer_comment")


@signed_in
@require_http_methods(["GET", "POST"])
def comments_page(request: HttpRequest, key: str, section: str) -> HttpResponse:
    """The comments of one section of a class, pupil by pupil; proposals stand in the empty ones."""
    school_class = _class(request, key, policy.COMMENT)
    if section not in comments.sections_of(request.actor, school_class):
        raise NotAllowed("KIT-002", action="Viết nhận xét vào học bạ")
    rows = drafts.drafts_of(request.actor, school_class, section)
    if request.method == "POST":
        texts = {
            one.pupil_id: typed
            for one in rows
            if (typed := request.POST.get(f"text-{short(one.pupil_id)}", "").strip())
        }
        if _wrote(request, lambda: comments.write_comments(
            request.actor, school_class_id=school_class.id, section=section, texts=texts
        )):  # fmt: skip
            return redirect("transcripts:comments", key=key, section=section)
    closed = comments.closed_pupils(school_class, [section], [one.pupil_id for one in rows])[section]
    context = {
        "school_class": school_class, "section": section, "name": _name_of(school_class, section),
        "rows": [(one, one.pupil_id in closed) for one in rows], "of_traits": section in traits.SECTIONS,
        "may_write": len(closed) < len(rows),
        "may_see": permissions.can(request.actor, policy.SEE_CLASS, school_class),
        "limit": comments.LONGEST,
    }  # fmt: skip
    return render(request, "transcripts/comments.html", context)


def _name_of(school_class: schooling.SchoolClass, section: str) -> str:
    if section in traits.SECTIONS:
        return said(traits.SECTION_NAMES[section])
    subjects = schooling.subjects_of_class(school_class=school_class.id)
    named = (
        said(row.subject.name) for row in subjects
        if content.section_key(row.position, row.subject.code) == section
    )  # fmt: skip
    return next(named, _("Kết quả cả năm"))


@signed_in
@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """Take every proposal of every class in one act."""
    taken = 0
    for key in dict.fromkeys(request.POST.getlist("class")):
        try:
            taken += comments.accept_proposals(request.actor, school_class_id=from_short(key))
        except NotFound:
            raise
        except KhueError as refusal:
            messages.error(request, sentence(refusal.code, refusal.params))
    text = ngettext("Đã nhận {n} câu nhận xét.", "Đã nhận {n} câu nhận xét.", taken)
    messages.success(request, text.format(n=taken))
    # Back to the year that one came from, or the teacher would look for the classes in the next one.
    return redirect(f"{reverse('transcripts:home')}?{urlencode({'nam': request.POST.get('year', '')})}")


@signed_in
@require_http_methods(["GET", "POST"])
def facts_page(request: HttpRequest, key: str) -> HttpResponse:
    """Body measures, awards, contests, certificates, the summer's comment: one form for the class."""
    school_class = _class(request, key, policy.ENTER_FACTS)
    last = last_day(school_class)
    roster = [row for row in schooling.roster(school_class.id) if not row.left_by(last)]
    pages = TranscriptPage.objects.filter(school_class=school_class)
    known = dict(pages.values_list("person_id", "facts"))
    if request.method == "POST":
        facts = {row.pupil_id: _facts(request, short(row.pupil_id)) for row in roster}
        if _wrote(request, lambda: comments.write_facts(
            request.actor, school_class_id=school_class.id, facts=facts
        )):  # fmt: skip
            return redirect("transcripts:facts", key=key)
    rows = [(row, {**known.get(row.pupil_id, {}), **_typed(request, short(row.pupil_id))}) for row in roster]
    return render(request, "transcripts/facts.html", {"school_class": school_class, "rows": rows})


def _class(request: HttpRequest, key: str, do: str) -> schooling.SchoolClass:
    rows = schooling.SchoolClass.objects.select_related("school", "year")
    return permissions.load(request.actor, rows, from_short(key), see=do)


def _facts(request: HttpRequest, key: str) -> comments.Facts:
    post = request.POST
    texts = {name: post.get(f"{name}-{key}", "") for name in TEXTS}
    lists = {name: tuple(post.get(f"{name}-{key}", "").splitlines()) for name in LINES}
    return comments.Facts(**texts, **lists)  # type: ignore[arg-type]


def _typed(request: HttpRequest, key: str) -> dict[str, object]:
    """What stands in the form after a refusal, so that nothing is typed twice."""
    found: dict[str, object] = {}
    for name in (*TEXTS, *LINES):
        text = request.POST.get(f"{name}-{key}")
        if text is not None:
            found[name] = text.splitlines() if name in LINES else text
    return found


def _wrote(request: HttpRequest, write: object) -> bool:
    try:
        count = write()  # type: ignore[operator]
    except NotFound:
        raise
    except KhueError as refusal:
        messages.error(request, sentence(refusal.code, refusal.params))
        return False
    messages.success(request, ngettext("Đã ghi {n} học sinh.", "Đã ghi {n} học sinh.", count).format(n=count))
    return True
