"""Services of signing for the demo, the tests and journeys (dịch vụ ký giả lập); nothing outside trusts them.

They refuse what the real services refuse, so that a mistake of a client shows here first. All of them
ring one `Phone`, and `Mischief` makes them behave as services have on bad days. Each is a WSGI
application: `httpx.WSGITransport(app)` reaches it without a socket, `serve` on a port of this computer.
"""

from khue.signing.signers.fakes.csc import FakeCsc
from khue.signing.signers.fakes.mischief import Mischief
from khue.signing.signers.fakes.mysign import FakeMySign
from khue.signing.signers.fakes.phone import Clock, Phone
from khue.signing.signers.fakes.smartca import FakeSmartCa
from khue.signing.signers.fakes.vgca import VgcaProgram, serve_program
from khue.signing.signers.fakes.web import Call, FakeService, Served, serve

__all__ = [
    "Call", "Clock", "FakeCsc", "FakeMySign", "FakeService", "FakeSmartCa", "Mischief", "Phone", "Served",
    "VgcaProgram", "serve", "serve_program",
]  # fmt: skip
