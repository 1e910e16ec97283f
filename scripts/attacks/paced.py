"""Requests that come when they come, whether or not the earlier ones were answered: a child of scripts/attack.

    python3 paced.py KIND PORT RATE PARAMETERS

PARAMETERS are JSON. It goes on until standard input ends, waits for what is not answered yet, and prints as JSON what
came. Every answer is judged: right, refused as it should be, or wrong.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable, Hashable

from crowd import Connection, Crowd, report, spread
from hostile import FORM, login
from servers import is_whole

SOURCES = 8  # no address shall have so many tries under way that it is throttled
PATIENCE = 120  # seconds for what is not answered when the load ends


@dataclass
class Said:
    """What came, so far."""

    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)  # answers that are neither right nor a refusal
    right: list[tuple[float, float]] = field(default_factory=list)  # asked and answered when
    refused: list[tuple[float, float]] = field(default_factory=list)
    acknowledged: Counter[Hashable] = field(default_factory=Counter)
    cookies: list[str] = field(default_factory=list)
    unanswered: int = 0
    lost: int = 0  # connections that ended without the answer


class Asking(Connection):
    """A connection that is used again and again, for one request at a time."""

    def __init__(self, said: Said, free: list[Asking]) -> None:
        self._said, self._free = said, free
        self._request: tuple[Hashable, bytes] | None = None

    def ask(self, key: Hashable, request: bytes) -> None:
        self._request, self._answer, self._asked_at = (key, request), b"", time.monotonic()
        self._said.unanswered += 1
        if self.is_open:
            self.send(request)

    def on_open(self) -> None:
        if self._request:
            self.send(self._request[1])

    def on_data(self, data: bytes) -> None:
        self._answer += data
        if is_whole(self._answer):
            self._judge((self._asked_at, time.monotonic()))
            self._request = None
            self._said.unanswered -= 1
            self._free.append(self)

    def on_end(self) -> None:
        if self._request:
            self._said.unanswered -= 1
            self._said.lost += 1
        elif self in self._free:
            self._free.remove(self)

    def _judge(self, between: tuple[float, float]) -> None:
        head = self._answer.partition(b"\r\n\r\n")[0].decode("latin-1")
        status = head.split(" ", 2)[1]
        self._said.statuses[status] += 1
        if status == "303" and "\r\nLocation: " in head:
            self._said.right.append(between)
            self._said.acknowledged[self._request[0]] += 1
            self._said.cookies += re.findall(r"^Set-Cookie: (\S+?=[^;\s]+)", head, re.MULTILINE)
        elif status in ("503", "429") and re.search(r"^Retry-After: \d+\r?$", head, re.MULTILINE):
            self._said.refused.append(between)
        elif len(self._said.wrong) < 5:
            self._said.wrong.append(head)


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """How many of those that were accepted waited at the same time."""
    steps = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    return max(itertools.accumulate(step for _, step in steps), default=0)


def run(
    crowd: Crowd, rate: float, connections: int, next_request: Callable[[], tuple[Hashable, bytes]]
) -> None:
    said = Said()
    free: list[Asking] = []
    sent = late = 0
    begin = due = time.monotonic()

    def send_what_is_due() -> None:
        nonlocal due, sent, late
        if crowd.ending:
            return
        while due <= time.monotonic():
            due += 2 * random.random() / rate
            if free:
                free.pop().ask(*next_request())
            elif len(crowd) < connections:
                fresh = Asking(said, free)
                crowd.open(fresh)
                fresh.ask(*next_request())
            else:  # so many wait already that this is no open loop any more
                late += 1
                continue
            sent += 1
        crowd.after(0.002, send_what_is_due)

    send_what_is_due()
    crowd.run(lambda: crowd.ending)
    ended = time.monotonic()
    crowd.run(lambda: not said.unanswered or time.monotonic() > ended + PATIENCE)
    report(
        {
            "seconds": ended - begin,
            "sent": sent,
            "late": late,
            "statuses": said.statuses,
            "wrong": said.wrong,
            "lost": said.lost,
            "never_answered": said.unanswered,
            "waiting_max": most_at_once(said.right),
            "answered_after": time.monotonic() - ended,
            "right": spread(end - begin for begin, end in said.right),
            "refused": spread(end - begin for begin, end in said.refused),
            "acknowledged": said.acknowledged,
            "cookies": said.cookies,
        }
    )


def logins(users: int) -> Callable[[], tuple[Hashable, bytes]]:
    """The seeded users in turn, with the right password."""
    number = 0

    def next_request() -> tuple[Hashable, bytes]:
        nonlocal number
        number = number % users + 1
        return number, login(number)

    return next_request


def baskets(cookies: str, kind: str) -> Callable[[], tuple[Hashable, bytes]]:
    """One more of a kind of cookie into the baskets of the sessions, in turn."""
    with open(cookies) as lines:
        values = [line.strip() for line in lines]
    body = f"cookie={kind}&quantity=1".encode()
    number = -1

    def next_request() -> tuple[Hashable, bytes]:
        nonlocal number
        number = (number + 1) % len(values)
        head = b"POST /basket HTTP/1.1\r\n" + FORM + f"Cookie: session={values[number]}\r\n".encode()
        return number, head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    return next_request


KINDS = {"logins": logins, "baskets": baskets}

if __name__ == "__main__":
    parameters = json.loads(sys.argv[4])
    at_most = parameters.pop("connections")
    run(Crowd(int(sys.argv[2]), SOURCES), float(sys.argv[3]), at_most, KINDS[sys.argv[1]](**parameters))
