"""A browser and a running demo for the journeys: built once, served by the product's own command."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from khue.project.check import chromium
from khue.signing.signers.pkcs12 import LocalKey, Pkcs12Signer
from tests.journeys.town import KEYS
from tests.journeys.town import PASSWORD as TOWN_PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PASSWORD = "thu-nghiem-2026"
PATIENCE = 120  # seconds until the demo is built and answers, on a slow machine
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
]  # fmt: skip
SignIn = Callable[..., "Page"]


@dataclass(slots=True)
class Town:
    """A served town: where it is, its data, and where programs with a token would be met."""

    address: str
    folder: Path
    agent_port: int
    vgca_port: int
    sessions: dict[str, Any] = field(default_factory=dict)

    def work(self) -> None:
        """Let one round of the worker happen: seals, stamps, the evidence log, phones."""
        with urlopen(f"{self.address}/-/work", timeout=60) as answer:
            assert answer.status == 200

    def key(self, username: str) -> LocalKey:
        """The key of a person who does not leave it with the server."""
        signer = Pkcs12Signer(self.folder / KEYS / f"{username}.p12", "")
        return signer._keys[signer.name]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _environment() -> dict[str, str]:
    """Of a program that is started here: nothing of what a developer's machine has set."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("KHUE_")}
    return kept | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))), "PYTHONWARNINGS": "default"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo of its own, served by granian over a SQLite file."""
    folder = tmp_path_factory.mktemp("demo")
    port = _free_port()
    log = folder / "demo.log"
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "khue", "demo", "--folder", str(folder / "data"), "--port", str(port)],
            cwd=ROOT, env=_environment(), stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, server, log)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the demo did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    if chromium() is None:
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def sessions() -> dict[str, Any]:
    """Who has signed in already, with their cookies: a network is let in only so often a minute."""
    return {}


class Windows:
    """Windows of people at one address, each with cookies of its own; what scripts complain of is kept."""

    def __init__(self, browser: Browser, address: str, password: str, sessions: dict[str, Any]) -> None:
        self._browser, self._address, self._password = browser, address, password
        self._sessions = sessions
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def stranger(self, **options: Any) -> Page:
        """A window in which nobody is signed in."""
        return self._window(None, options)

    def enter(self, username: str, **options: Any) -> Page:
        """A window in which this person is signed in, at the first page."""
        known = self._sessions.get(username)
        page = self._window(known, options)
        if known:
            page.goto("/")
            return page
        page.goto(f"/dang-nhap/login/?tai-khoan={username}")
        page.fill("#id_login", username)
        page.fill("#id_password", self._password)
        page.click("main button.btn-primary")
        page.wait_for_url(f"{self._address}/")
        self._sessions[username] = page.context.storage_state()
        return page

    def close(self) -> None:
        """Close all of them."""
        for context in self._contexts:
            context.close()

    def _window(self, known: Any, options: dict[str, Any]) -> Page:
        chosen = {"viewport": {"width": 1280, "height": 900}, "locale": "vi-VN"} | options
        context = self._browser.new_context(base_url=self._address, storage_state=known, **chosen)
        context.set_default_timeout(20_000)  # two workers may share a slow machine
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: self.errors.append(message.text) if "Content Security" in message.text else None,
        )
        return page


@pytest.fixture
def sign_in(browser: Browser, demo: str, sessions: dict[str, Any]) -> Iterator[SignIn]:
    """A page of a person of the demo, in a window of its own; no script error may happen in it."""
    windows = Windows(browser, demo, PASSWORD, sessions)
    yield windows.enter
    windows.close()
    assert not windows.errors


def _built(factory: pytest.TempPathFactory, name: str) -> Path:
    """A place with its data, built once, whoever of several workers comes first."""
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    try:
        place.mkdir()
    except FileExistsError:
        end = time.monotonic() + 3 * PATIENCE
        while not (place / "built").exists() and time.monotonic() < end:
            time.sleep(0.5)
    else:
        what = [] if name == "town" else [name]
        done = subprocess.run(
            [sys.executable, "-m", "tests.journeys.town", "build", str(place / "data"), *what],
            cwd=ROOT, env=_environment(), check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        (place / "built").touch()
    assert (place / "built").exists(), f"the {name} was not built"
    return place / "data"


@contextmanager
def _served(built: Path, folder: Path) -> Iterator[Town]:
    """A copy of what was built, served while a file of tests runs."""
    shutil.copytree(built, folder)
    port, agent, vgca = _free_port(), _free_port(), _free_port()
    log = folder.parent / "town.log"
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.town", "serve", *map(str, (folder, port, agent, vgca))],
            cwd=ROOT, env=_environment(), stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    found = Town(f"http://127.0.0.1:{port}", folder, agent, vgca)
    try:
        _wait(found.address, server, log)
        yield found
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def built_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town of the journeys of signing."""
    return _built(tmp_path_factory, "town")


@pytest.fixture(scope="module")
def town(built_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A copy of the town for one file of tests, served."""
    with _served(built_town, tmp_path_factory.mktemp("town") / "data") as found:
        yield found


@pytest.fixture
def at_town(browser: Browser, town: Town) -> Iterator[Windows]:
    """Windows of the people of the town; no script error may happen in them."""
    windows = Windows(browser, town.address, TOWN_PASSWORD, town.sessions)
    yield windows
    windows.close()
    assert not windows.errors


@pytest.fixture(scope="session")
def built_year_end(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two schools after the end of a school year."""
    return _built(tmp_path_factory, "year-end")


@pytest.fixture(scope="module")
def year_end(built_year_end: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A copy of the two schools for one file of tests, served."""
    with _served(built_year_end, tmp_path_factory.mktemp("year-end") / "data") as found:
        yield found


@pytest.fixture
def at_year_end(browser: Browser, year_end: Town) -> Iterator[Windows]:
    """Windows of the people of the two schools; no script error may happen in them."""
    windows = Windows(browser, year_end.address, TOWN_PASSWORD, year_end.sessions)
    yield windows
    windows.close()
    assert not windows.errors


@pytest.fixture
def faults() -> Callable[[Page], list[str]]:
    """What axe finds wrong on a page by WCAG 2.0 to 2.2, levels A and AA."""

    def look(page: Page) -> list[str]:
        # evaluate() is not held to the page's content security policy, a script tag would be.
        page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        found = page.evaluate(
            "() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        return [
            f"{rule['id']}: {rule['help']} ({node['target']}: {node['html'][:120]})"
            for rule in found["violations"]
            for node in rule["nodes"][:3]
        ]

    return look
