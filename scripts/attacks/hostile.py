"""Clients that mean no good: a child of scripts/attack.

    python3 hostile.py KIND PORT [PARAMETERS]

PARAMETERS are JSON. It goes on until standard input ends, and prints as JSON what the clients saw.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict

from crowd import CONNECTING_MAX, Connection, Crowd, report, spread

HEAD = b"Host: localhost\r\n"
PAGE = b"GET /cookies HTTP/1.1\r\n" + HEAD + b"\r\n"
PAGE_AND_CLOSE = b"GET /login HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"
FORM = HEAD + b"Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n"
BODY_TO_COME = b"POST /login HTTP/1.1\r\n" + FORM + b"Content-Length: 20000\r\n\r\nemail="
MANY_PAGES = PAGE * 2000  # 16 MB of answers: more than the kernel takes for a peer that does not read


def login(number: int) -> bytes:
    body = b"email=user%d%%40example.com&password=a+reef+of+quiet+otters" % number
    return b"POST /login HTTP/1.1\r\n" + FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body


# ---- silent


class Silent(Connection):
    """Says nothing; when it is closed, another one comes in its place."""

    def __init__(self, lifetimes: list[float]) -> None:
        self._lifetimes = lifetimes

    def on_end(self) -> None:
        self._lifetimes.append(time.monotonic() - self.opened_at)


def silent(crowd: Crowd, connections: int) -> None:
    """Prints a line as soon as so many are open."""
    lifetimes: list[float] = []
    announced = False

    def fill() -> None:
        nonlocal announced
        while len(crowd) < connections and crowd.connecting < CONNECTING_MAX:
            crowd.open(Silent(lifetimes))
        if not announced and len(crowd) == connections and not crowd.connecting:
            announced = True
            report({"open": connections})
        crowd.after(0.005, fill)

    fill()
    crowd.run(lambda: crowd.ending)
    report({"connections": crowd.count, "lifetimes": spread(lifetimes)})


# ---- coming and going


class Visitor(Connection):
    """Comes, perhaps asks for a page, and goes."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def on_open(self) -> None:
        if self._kind == "nothing":
            return self.leave()
        self.send(PAGE_AND_CLOSE if self._kind == "closed" else PAGE)

    def on_data(self, _: bytes) -> None:
        if self._kind == "reset":
            self.leave(reset=True)


def churn(crowd: Crowd, at_once: int) -> None:
    """As many as it can: a third says nothing, a third is closed by the server, a third resets before the answer's end."""
    kinds = ("nothing", "closed", "reset")
    begin = time.monotonic()

    def fill() -> None:
        while len(crowd) < at_once:
            crowd.open(Visitor(kinds[crowd.count % len(kinds)]))
        crowd.after(0.0005, fill)

    fill()
    crowd.run(lambda: crowd.ending)
    report({"connections": crowd.count, "a_second": crowd.count / (time.monotonic() - begin)})


# ---- vanishing


class Vanishing(Connection):
    """Sends the beginning of something, or all of it, and is gone."""

    reads = False

    def __init__(self, data: bytes, after: float) -> None:
        self._data, self._after = data, after

    def on_open(self) -> None:
        self.send(self._data)
        self.crowd.after(self._after, lambda: self.leave(reset=True))


def vanish(crowd: Crowd, rate: float, logins: float, users: int, deaf_for: float) -> None:
    """So many a second of each kind, the logins less: each costs the server a hash although nobody waits for it."""
    kinds = {
        "in the head": (PAGE[:-10], 0, rate),
        "in the body": (BODY_TO_COME, 0, rate),
        "before the answer": (PAGE * 20, 0, rate),
        "while a login is computed": (b"", 0.003, logins),
        "without reading": (MANY_PAGES, deaf_for, rate / 20),
    }
    vanished: Counter[str] = Counter()

    def another(kind: str) -> None:
        data, after, rate = kinds[kind]
        vanished[kind] += 1
        crowd.open(Vanishing(data or login(vanished[kind] % users + 1), after))
        crowd.after(1 / rate, lambda: another(kind))

    for kind in kinds:
        another(kind)
    crowd.run(lambda: crowd.ending)
    report({"connections": crowd.count, "kinds": vanished})


# ---- how long each is borne


class Watch(Connection):
    """Begins something, goes on with it a byte at a time, and counts until the server has had enough."""

    def __init__(self, kind: str, data: bytes, drip: bytes, seen: dict[str, list[float]]) -> None:
        self._kind, self._data, self._drip, self._seen = kind, data, drip, seen
        self.reads = kind != "deaf"

    def on_open(self) -> None:
        self._since = self.opened_at
        self._answered = False
        self.send(self._data)
        if self._drip:
            self.crowd.after(0.5, self._go_on)

    def _go_on(self) -> None:
        if self.is_alive and not self._answered:
            self.send(self._drip)
            self.crowd.after(0.5, self._go_on)

    def on_data(self, _: bytes) -> None:
        if self._kind == "keep-alive" and not self._answered:
            self._since = time.monotonic()
        elif not self._answered:
            self._stop()  # the refusal
        self._answered = True

    def on_end(self) -> None:
        if self._kind == "keep-alive" or not self._answered:
            self._stop()

    def _stop(self) -> None:
        self._seen[self._kind].append(time.monotonic() - self._since)


def watch(crowd: Crowd, each: int) -> None:
    """So many of each kind at once; each is closed by the server in the end."""
    kinds = {
        "silent": (b"", b""),
        "head": (PAGE[:-10], b"a"),
        "body": (BODY_TO_COME, b"a"),
        "keep-alive": (PAGE.replace(b"/cookies", b"/healthz"), b""),
        "deaf": (MANY_PAGES, b""),
    }
    seen: dict[str, list[float]] = defaultdict(list)
    for kind, (data, drip) in kinds.items():
        for _ in range(each):
            crowd.open(Watch(kind, data, drip, seen))
    crowd.run(lambda: crowd.ending or not len(crowd))
    report({kind: spread(seen[kind]) for kind in kinds})


KINDS = {function.__name__: function for function in (silent, churn, vanish, watch)}

if __name__ == "__main__":
    KINDS[sys.argv[1]](Crowd(int(sys.argv[2])), **json.loads(sys.argv[3]))
