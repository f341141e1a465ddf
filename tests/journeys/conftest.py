"""A browser and a running demo for the journeys: built once, served by the product's own command."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from khue.project.check import chromium

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


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo of its own, served by granian over a SQLite file."""
    folder = tmp_path_factory.mktemp("demo")
    port = _free_port()
    kept = {key: text for key, text in os.environ.items() if not key.startswith("KHUE_")}
    environment = kept | {"PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "default"}
    log = folder / "demo.log"
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "khue", "demo", "--folder", str(folder / "data"), "--port", str(port)],
            cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT,
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


@pytest.fixture
def sign_in(browser: Browser, demo: str, sessions: dict[str, Any]) -> Iterator[SignIn]:
    """A page of a person of the demo, in a window of its own; no script error may happen in it."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def enter(username: str, **options: Any) -> Page:
        chosen = {"viewport": {"width": 1280, "height": 900}, "locale": "vi-VN"} | options
        context = browser.new_context(base_url=demo, storage_state=sessions.get(username), **chosen)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if "Content Security" in message.text else None,
        )
        if username in sessions:
            page.goto("/")
            return page
        page.goto(f"/dang-nhap/login/?tai-khoan={username}")
        page.fill("#id_password", PASSWORD)
        page.click("main button.btn-primary")
        page.wait_for_url(f"{demo}/")
        sessions[username] = context.storage_state()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not errors


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
