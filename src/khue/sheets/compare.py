"""Compare a report with a file's truth, as `khue import rehearse` does."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
# What identifies a finding; details beyond these are compared only where the truth gives them.
KEYS = ("kind", "severity", "sheet", "cell", "ref")
LOOSE = {"why", "raw", "candidates", "ho_ten"}
# A certificate's key ends in a running number whose start no file shows: the owner before it counts.
RUNNING = {"it_certificates": {"key"}}


def differences(found: Json, truth: Json, rows: Json | None) -> list[str]:
    """Every difference between what was found and what is right, as sentences; none if all agrees."""
    refusal = truth.get("refusal")
    other = truth.get("also_right")
    if found["outcome"] != truth["outcome"]:
        if other and other.get("outcome") == found["outcome"]:
            if (
                found["outcome"] == "refuse"
                and other.get("kind")
                and found["refusal"]["kind"] != other["kind"]
            ):
                return [f"từ chối vì {found['refusal']['kind']}, cần {other['kind']}"]
            return [] if found["outcome"] == "refuse" else _rows(found, rows)
        extra = f" ({found['refusal']})" if found.get("refusal") else _shown(found["warnings"])
        return [f"kết luận {found['outcome']}, cần {truth['outcome']}{extra}"]
    if refusal:
        allowed = refusal.get("any_of") or [refusal["kind"]]
        if found["refusal"]["kind"] not in allowed:
            return [f"từ chối vì {found['refusal']['kind']}, cần {' hoặc '.join(allowed)}"]
        return [
            f"từ chối: {name} là {found['refusal'].get(name)}, cần {refusal[name]}"
            for name in ("sheet", "cell", "first_cell")
            if name in refusal and found["refusal"].get(name) != refusal[name]
        ]
    return [*_warnings(found["warnings"], truth["warnings"]), *_rows(found, rows)]


def _shown(warnings: list[Json]) -> str:
    serious = [w for w in warnings if w["severity"] != "info"][:3]
    return f" ({serious})" if serious else ""


def _warnings(found: list[Json], right: list[Json]) -> list[str]:
    left = [w for w in found if w["severity"] != "info"]
    said: list[str] = []
    for wanted in right:
        if wanted["severity"] == "info":
            continue
        same = next((w for w in left if all(w.get(k) == wanted.get(k) for k in KEYS)), None)
        if same is None:
            said.append(f"thiếu {_short(wanted)}")
            continue
        left.remove(same)
        said += [
            f"{_short(wanted)}: {name} là {same.get(name)!r}, cần {value!r}"
            for name, value in wanted.items()
            if name not in KEYS and name not in LOOSE and same.get(name) != value
        ]
    return said + [f"thừa {_short(w)}" for w in left]


def _short(warning: Json) -> str:
    return " ".join(str(warning.get(k, "")) for k in ("severity", "kind", "sheet", "cell", "ref"))


def _rows(found: Json, truth: Json | None) -> list[str]:
    if truth is None:
        return []
    said: list[str] = []
    tables = {(t["sheet"], t["table"]): t for t in found["tables"]}
    for right in truth["tables"]:
        name = (right["sheet"], right["table"])
        ours = tables.pop(name, None)
        if ours is None:
            said.append(f"thiếu bảng {name[0]} / {name[1]}")
            continue
        said += _table(ours, right)
    said += [f"thừa bảng {sheet} / {table}" for sheet, table in tables]
    return said


def _table(ours: Json, right: Json) -> list[str]:
    where = f"{right['sheet']} / {right['table']}"
    missing = [name for name in right["columns"] if name not in ours["columns"]]
    if missing:
        return [f"{where}: thiếu cột {', '.join(missing)}"]
    said = [
        f"{where}: {name} là {ours.get(name)!r}, cần {value!r}"
        for name, value in right.items()
        if name not in {"rows", "columns", "sheet", "table"} and ours.get(name) != value
    ]
    picks = [ours["columns"].index(name) for name in right["columns"]]
    if len(ours["rows"]) != len(right["rows"]):
        said.append(f"{where}: {len(ours['rows'])} dòng, cần {len(right['rows'])}")
    mine = {_key(row, ours["columns"]): row for row in ours["rows"]}
    running = RUNNING.get(right["table"], set())
    for row in right["rows"]:
        own = mine.get(_key(row, right["columns"]))
        if own is None:
            said.append(f"{where}: thiếu dòng {row[:4]}")
            continue
        said += [
            f"{where} dòng {row[0]}: {name} là {own[pick]!r}, cần {value!r}"
            for name, pick, value in zip(right["columns"], picks, row, strict=True)
            if (own[pick] != value if name not in running else _owner(own[pick]) != _owner(value))
        ]
    return said


def _owner(value: Any) -> str:
    return str(value).split("#", maxsplit=1)[0]


def _key(row: list[Any], columns: list[str]) -> tuple[Any, ...]:
    for wanted in (("r",), ("key",), ("class", "subject", "ma_cb")):
        if all(name in columns for name in wanted):
            return tuple(str(row[columns.index(name)]) for name in wanted)
    return tuple(str(item) for item in row[:2])
