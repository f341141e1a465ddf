"""Browsers of the named cast, and the addresses of the gradebook."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse
from tests.cast import World, sign_in

from khue.core.ids import short

CAST = ("hoa", "lan", "minh", "thu", "son", "quang")


class Browsers:
    """A browser for each person, signed in once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._open: dict[str, Client] = {}

    def __getattr__(self, name: str) -> Client:
        if name not in self._open:
            self._open[name] = sign_in(getattr(self.world, name))
        return self._open[name]

    def of(self, name: str) -> Client:
        return Client() if name == "stranger" else getattr(self, name)


def url(name: str, *args: Any) -> str:
    return reverse(f"gradebook:{name}", args=[short(arg) if hasattr(arg, "bytes") else arg for arg in args])


def statuses(browsers: Browsers, address: str) -> dict[str, int]:
    return {name: browsers.of(name).get(address).status_code for name in (*CAST, "stranger")}


def reach(**codes: int) -> dict[str, int]:
    """Status by person: what is not said is 200; strangers are led to the sign-in page."""
    return dict.fromkeys(CAST, 200) | {"stranger": 302} | codes
