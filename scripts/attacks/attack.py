"""What all attacks share: the other user who measures meanwhile, the children that attack, and the promises."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import machine
import servers
from load import Case, Load, measure
from machine import Failure
from report import number, table
from servers import Bench, Page, Server

MIB = number(1, 2**-20)


@dataclass
class Attack:
    """One part while it goes on: the server that is attacked, what was seen, what was promised."""

    bench: Bench
    seconds: int
    shop: Server = None
    page: Page = None
    rows: list[list[str]] = field(default_factory=list)  # of the table
    phases: dict[str, dict] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    promises: list[tuple[bool, str]] = field(default_factory=list)

    def begin(self, *options: str, users: int = 0, before: tuple[str, ...] = ()) -> None:
        """Starts the shop on all cores: with seeded users, whose cookies are in `self.cookies`, or with one customer."""
        database = None
        if users:
            database, self.cookies = servers.seed(self.bench, users + 1)
        self.shop = servers.cookieshop(
            self.bench,
            *options,
            name="shop",
            core=None,
            threads=os.cpu_count(),
            database=database,
            before=before,
        )
        page = (
            servers.seeded_page(self.cookies, users + 1)  # whom nobody else is
            if users
            else servers.checkout_page(servers.customer(self.shop))
        )
        self.page = servers.checked(self.shop, page)

    def look(self, phase: str, seconds: float, load: Load) -> None:
        """Another user's view: GETs of the checkout at a steady rate, with every answer looked at. A line of the table."""
        self.bench.say(phase)
        machine.forget_peak(self.shop.pid)
        sockets = machine.sockets(self.shop.pid)
        case = Case(phase, self.shop, self.page, load)
        try:
            seen = measure(case, max(2, round(seconds)), check=True)
            tcp = machine.tcp_memory()
        except Failure as failure:
            self.promise(False, f"others are served: {failure}")
            return
        seen["peak_rss_bytes"] = machine.peak_rss(self.shop.pid)
        seen["sockets"] = max(sockets, machine.sockets(self.shop.pid))
        seen["tcp_bytes"] = tcp
        self.phases[phase] = seen
        self.rows.append(
            [
                phase,
                f"{seen['requests_per_second']:,.0f}",
                f"{seen['p50_ms']:.2f}",
                f"{seen['p99_ms']:.2f}",
                f"{seen['server_busy']:.0%}",
                f"{seen['sockets']:,}",
                MIB(seen["peak_rss_bytes"]),
                MIB(seen["tcp_bytes"]),
            ]
        )

    def promise(self, holds: bool, text: str) -> None:
        self.promises.append((bool(holds), text))

    def promise_ratio(self, key: str, phase: str, before: str, at_most: float) -> None:
        """The phase's figure is within so many times that of before; where one is missing `look` has said so."""
        if phase in self.phases and before in self.phases:
            was, became = self.phases[before][key], self.phases[phase][key]
            name = key.removesuffix("_ms")
            self.promise(
                became <= at_most * was,
                f"{phase}: {name} {became:.2f} ms is within {at_most:g} × {was:.2f} ms ({became / was:.2f} ×)",
            )

    def promise_memory(self, phase: str, before: str, connections: int, each: int, why: str) -> None:
        if phase in self.phases and before in self.phases:
            grown = self.phases[phase]["peak_rss_bytes"] - self.phases[before]["peak_rss_bytes"]
            bound = connections * each + 8 * 2**20  # and what a busier server takes anyway
            self.promise(
                grown <= bound,
                f"{phase}: memory grew by {MIB(grown)} MiB at most, bound {MIB(bound)} MiB:"
                f" {connections:,} × {each / 1024:.0f} KiB ({why}) and 8 MiB",
            )

    def promise_gone(self, before: int, patience: float) -> None:
        """The server closes all that the attack left open."""
        begin = time.monotonic()
        while machine.sockets(self.shop.pid) > before and time.monotonic() < begin + patience:
            time.sleep(0.1)
        left = machine.sockets(self.shop.pid)
        self.promise(
            left <= before,
            f"all connections are gone {time.monotonic() - begin:.1f} s after the attack, of {patience:.0f}:"
            f" {left} sockets, {before} before",
        )

    def promise_timeouts(self, what: str, setting: float, seen: dict) -> None:
        if not seen.get("count"):
            return self.promise(False, f"{what}: none was closed")
        least, most = seen["min"], seen["max"]
        self.promise(
            0.8 * setting <= least and most <= 1.2 * setting,
            f"{what}: {seen['count']:,} closed after {least:.1f} to {most:.1f} s, setting {setting:g} s",
        )

    def result(self) -> str:
        headings = ["", "GET/s", "p50 ms", "p99 ms", "server CPU", "sockets", "peak RSS MiB", "TCP MiB"]
        verdicts = [f"{'pass' if holds else 'FAIL'}  {text}" for holds, text in self.promises]
        figures = table(headings, self.rows, self.notes) if self.rows else "\n".join(self.notes)
        return figures + "\n\n" + "\n".join(verdicts)

    @property
    def failed(self) -> bool:
        return not self.promises or any(not holds for holds, _ in self.promises)


@dataclass
class Child:
    """A program of this folder that attacks; it tells at its end what it saw."""

    popen: subprocess.Popen
    said: dict = field(default_factory=dict)

    def line(self) -> dict:
        text = self.popen.stdout.readline()
        if not text:
            raise Failure(f"the attack ended: {self.popen.stderr.read().strip()}")
        return json.loads(text)

    def finish(self) -> dict:
        """Ends its input, and waits for what it says: at once, or when it has seen the end of what it waits for."""
        if not self.said:
            self.popen.stdin.close()
            self.said = self.line()
        return self.said

    def wait(self) -> dict:
        """For one that ends by itself."""
        self.said = self.line()
        return self.said


@contextmanager
def attacking(script: str, kind: str, shop: Server, /, *rate: str, **parameters: object) -> Iterator[Child]:
    path = Path(__file__).with_name(f"{script}.py")
    child = Child(machine.start_python(path, kind, str(shop.port), *rate, json.dumps(parameters), core=None))
    try:
        yield child
        child.finish()
    finally:
        child.popen.kill()
        child.popen.wait()
