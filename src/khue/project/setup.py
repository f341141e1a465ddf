"""`khue init`: tables, code lists, the province's root unit and its first administrator."""

from __future__ import annotations

import argparse
import getpass


def main(argv: list[str]) -> int:
    """Set up an empty installation; running it again changes nothing that is there."""
    parser = argparse.ArgumentParser(prog="khue init")
    parser.add_argument("--province", default="Tỉnh Lạng Sơn")
    parser.add_argument("--department", default="Sở Giáo dục và Đào tạo tỉnh Lạng Sơn")
    parser.add_argument("--admin", default="quantri", help="tên đăng nhập của người quản trị đầu tiên")
    parser.add_argument("--name", default="Quản trị hệ thống")
    options = parser.parse_args(argv)
    from khue.project.server import prepare  # noqa: PLC0415 - after the settings are named

    prepare()
    password = first_administrator(options.province, options.department, options.admin, options.name)
    if password:
        print(f"Tài khoản quản trị: {options.admin}\nMật khẩu lần đầu: {password}")  # noqa: T201
        print("Hãy đổi mật khẩu và bật bảo mật hai lớp khi đăng nhập lần đầu.")  # noqa: T201
    else:
        print("Hệ thống đã có người quản trị; không thay đổi gì.")  # noqa: T201
    return 0


def first_administrator(province: str, department: str, username: str, name: str) -> str:
    """Create the root units and the first administrator; the password, or nothing if there is one."""
    from django.db import transaction  # noqa: PLC0415

    with transaction.atomic():
        return _make(province, department, username, name)


def _make(province: str, department: str, username: str, name: str) -> str:
    from django.utils import timezone  # noqa: PLC0415

    from khue.core.actor import Role, system_actor  # noqa: PLC0415
    from khue.modules.access import api as access  # noqa: PLC0415
    from khue.modules.codes import api as codes  # noqa: PLC0415
    from khue.modules.orgs import api as orgs  # noqa: PLC0415
    from khue.modules.people import api as people  # noqa: PLC0415
    from khue.modules.people.data import NewPerson  # noqa: PLC0415

    actor = system_actor(f"khue init ({getpass.getuser()})", timezone.now())
    codes.load_shipped(actor)
    root = orgs.Unit.objects.filter(kind="province").first()
    if root is None:
        root = orgs.found_unit(actor, kind="province", name=province)
    office = orgs.Unit.objects.filter(kind="department").first()
    if office is None:
        office = orgs.found_unit(actor, kind="department", name=department, parent=root)
    if access.Grant.objects.filter(role=Role.DEPARTMENT_ADMIN).exists():
        return ""
    person = people.register_person(actor, school_id=office.id, person=NewPerson(name))
    people.employ(
        actor, school_id=office.id, person_id=person.id, position="Quản trị hệ thống", since=actor.today
    )
    access.grant(actor, person_id=person.id, role=Role.DEPARTMENT_ADMIN, unit_id=root.id, source="khue init")
    return access.create_account(actor, unit_id=office.id, person_id=person.id, username=username).password
