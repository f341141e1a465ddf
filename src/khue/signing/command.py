"""`khue verify TỆP…`: what files prove, on-line or off-line, without a database (kiểm tra chữ ký).

Exit codes: 0 all valid, 1 something is invalid, 2 something is not certain. This module also runs
alone, from a single `.pyz` file that a school gives to whoever asks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from khue.core.dates import VIETNAM
from khue.core.errors import KhueError
from khue.signing.algorithms import POLICY_VERSION
from khue.signing.files import verify_file
from khue.signing.log.policy import Policy
from khue.signing.report import Finding, Report, Verdict
from khue.signing.sentences import sentence
from khue.signing.trust.anchors import AnchorSets, load_anchors
from khue.signing.trust.base import Evidence, PathFact, Purpose, TokenFact
from khue.signing.trust.fetch import addresses_of, fetch
from khue.signing.trust.revocation import Revocations
from khue.signing.trust.store import TrustStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

LARGEST = 64 * 1024 * 1024
WORST = {Verdict.VALID: 0, Verdict.UNCERTAIN: 1, Verdict.INVALID: 2}
MARKS = {Verdict.VALID: "✓", Verdict.UNCERTAIN: "?", Verdict.INVALID: "✗"}


@dataclass(frozen=True, slots=True)
class Known:
    """What the one who runs the command trusts beforehand: roots, the log's key, revocation data."""

    anchors: AnchorSets
    log_policy: Policy | None = None
    revocations: Revocations | None = None
    allow_test: bool = False


def main(argv: Sequence[str], known: Known | None = None, out: TextIO | None = None) -> int:
    """Verify files; `known` is what an installation adds to the options."""
    out = out or sys.stdout
    options = _parser().parse_args(argv)
    try:
        base = known or Known(load_anchors())
        trust, policy = _trust(base, options), _policy(base, options)
    except (KhueError, OSError) as trouble:
        print(_words(trouble), file=sys.stderr)  # noqa: T201 - a command speaks to a person
        return 2
    now = options.at or dt.datetime.now(dt.UTC)
    reports = [(name, _one(name, trust, policy, now, online=options.online)) for name in options.files]
    if options.json:
        shown = [{"file": str(name)} | report.as_json() for name, report in reports]
        print(json.dumps(shown, ensure_ascii=False, indent=2), file=out)
    else:
        for name, report in reports:
            print(_told(name, report), file=out)
    return max((report for _, report in reports), key=lambda one: WORST[one.verdict]).exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="khue verify",
        description="Kiểm tra hồ sơ .xml, bản in .pdf, gói .zip. Mã thoát: 0 hợp lệ, 1 sai, 2 chưa rõ.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="TỆP")
    parser.add_argument("--json", action="store_true", help="toàn bộ chi tiết cho chương trình khác")
    parser.add_argument("--anchors", type=Path, help="thư mục gốc tin cậy, thay cho bộ kèm theo")
    parser.add_argument(
        "--test-root", type=Path, action="append", default=[], help="gốc thử nghiệm (PEM, DER)"
    )
    parser.add_argument("--crl", type=Path, action="append", default=[], help="danh sách thu hồi (DER)")
    parser.add_argument("--log-key", type=Path, help="khoá của nhật kí bằng chứng (keys.txt hoặc vkey)")
    parser.add_argument(
        "--online", action="store_true", help="tải danh sách thu hồi theo địa chỉ trong chứng thư"
    )
    parser.add_argument("--at", type=_moment, help="kiểm tra như vào lúc này (ISO 8601), mặc định là bây giờ")
    return parser


def _moment(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


def _trust(base: Known, options: argparse.Namespace) -> TrustStore:
    anchors = load_anchors(options.anchors) if options.anchors else base.anchors
    for place in options.test_root:
        anchors += AnchorSets.test(_der(place.read_bytes()))
    revocations = base.revocations or Revocations()
    for place in options.crl:
        revocations.add_crl(place.read_bytes())
    return TrustStore(anchors, revocations, allow_test=base.allow_test or bool(options.test_root))


def _policy(base: Known, options: argparse.Namespace) -> Policy | None:
    if options.log_key is None:
        return base.log_policy
    text = options.log_key.read_text(encoding="utf-8")
    return Policy.parse(
        text if text.lstrip().startswith(("#", "log ")) else f"log {text.strip()}\nquorum none\n"
    )


def _one(name: Path, trust: TrustStore, policy: Policy | None, now: dt.datetime, *, online: bool) -> Report:
    if not name.is_file():
        return _unread(now, "SIGN-701", name=str(name))
    if name.stat().st_size > LARGEST:
        return _unread(now, "SIGN-702", name=str(name), limit=LARGEST // 1024**2)
    data, asked = name.read_bytes(), Noting(trust)
    report = verify_file(data, trust=asked, now=now, log_policy=policy)
    if online and _refresh(asked.certificates, trust):
        report = verify_file(data, trust=trust, now=now, log_policy=policy)
    return report


class Noting:
    """A trust that notes which certificates it was asked about."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust
        self.certificates: dict[bytes, None] = {}

    def judge(
        self, leaf: bytes, chain: Sequence[bytes], *, at: dt.datetime, proved: bool,
        purpose: Purpose = Purpose.SIGNING, evidence: Evidence | None = None,
    ) -> PathFact:  # fmt: skip
        """Ask the trust behind it."""
        self.certificates |= dict.fromkeys((leaf, *chain))
        return self._trust.judge(leaf, chain, at=at, proved=proved, purpose=purpose, evidence=evidence)

    def judge_token(
        self, token: bytes, value_digest: bytes, *, evidence: Evidence | None = None
    ) -> TokenFact:
        """Ask the trust behind it."""
        return self._trust.judge_token(token, value_digest, evidence=evidence)


def _unread(now: dt.datetime, code: str, **params: object) -> Report:
    """A file that could not be looked into proves nothing, one way or the other."""
    found = (Finding(code, params),)
    return Report("unknown", Verdict.UNCERTAIN, "", 0, now, POLICY_VERSION, findings=found)


def _der(data: bytes) -> bytes:
    if not data.lstrip().startswith(b"-----BEGIN"):
        return data
    return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)


def _refresh(certificates: Iterable[bytes], trust: TrustStore) -> bool:
    """Fetch the lists about these certificates; whether there was anything to fetch."""
    urls = addresses_of(certificates)
    with httpx.Client(timeout=20, trust_env=False) as http:
        for url, reason in fetch(urls, trust.revocations, http).items():
            print(sentence("SIGN-703", {"url": url, "reason": reason}), file=sys.stderr)  # noqa: T201
    return bool(urls)


def _told(name: Path, report: Report) -> str:
    lines = [f"{MARKS[report.verdict]} {name}: {report.text}"]
    lines += [f"    {found.text}" for found in report.findings]
    for one in report.signatures:
        at = one.best_time or one.claimed_time
        when = f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if at else "không rõ lúc nào"
        proved = ", có dấu thời gian" if one.best_time else ""
        lines.append(
            f"    {one.role_name}: {one.signer}, {when}{proved} [{one.indication.value} {one.sub.value}]"
        )
        lines += [f"        {found.text}" for found in one.findings]
    if report.log is not None and report.log.included and report.log.index is not None:
        lines.append(
            f"    Nhật kí bằng chứng {report.log.origin}: dòng {report.log.index + 1} trong {report.log.size}"
        )
    for part in report.parts:
        lines.append("    " + _told(Path(part.kind), part).replace("\n", "\n    "))
    return "\n".join(lines)


def _words(trouble: Exception) -> str:
    return sentence(trouble.code, trouble.params) if isinstance(trouble, KhueError) else str(trouble)
