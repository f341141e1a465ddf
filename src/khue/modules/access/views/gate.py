"""The pages before all others: change the printed password, set up the second factor, end sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from khue.modules.access import accounts
from khue.modules.access.edge import keep_private, resolve_actor, second_factor_missing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
def second_factor(request: HttpRequest) -> HttpResponse:
    """Why a second factor, and the two ways to get one (bảo mật hai lớp)."""
    if resolve_actor(request) is None:
        return redirect_to_login(request.get_full_path())
    context = {"missing": second_factor_missing(request)}
    return keep_private(render(request, "access/second_factor.html", context))


@require_GET
def first_password(request: HttpRequest) -> HttpResponse:
    """The printed password has been seen by others: choose one of your own (đổi mật khẩu lần đầu)."""
    if resolve_actor(request) is None:
        return redirect_to_login(request.get_full_path())
    if not request.user.must_change_password:  # type: ignore[union-attr]
        return redirect("/")
    return keep_private(render(request, "access/first_password.html"))


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here (đăng xuất khỏi mọi thiết bị khác)."""
    actor = resolve_actor(request)
    if actor is None:
        return redirect_to_login(request.get_full_path())
    update_session_auth_hash(request, accounts.end_sessions(actor))
    messages.success(request, _("Đã đăng xuất tài khoản này trên mọi thiết bị khác."))
    return redirect("mfa_index")
