"""The command line of the kit: scripts/attack calls it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import common  # noqa: F401  finds the modules of scripts/benchmark
import command
import machine
import overload
import scan
import slow
from attack import Attack
from machine import ROOT
from servers import Bench


@dataclass(frozen=True)
class Part:
    run: Callable[[Attack], None]
    seconds: int
    help: str


PARTS = {
    "slow": Part(slow.slow, 20, "slowhttptest's slow headers, body, read and range"),
    "silent": Part(
        slow.silent, 30, "19,000 connections that say nothing, or as many as the limit of files allows"
    ),
    "churn": Part(slow.churn, 20, "connections that come and go, as fast as they can"),
    "vanish": Part(slow.vanish, 20, "clients that disappear at every step, logins included"),
    "descriptors": Part(slow.descriptors, 5, "more connections than the server has descriptors"),
    "logins": Part(overload.logins, 60, "twice the logins that the cores can compute"),
    "slow-disk": Part(overload.slow_disk, 60, "twice the changes that a slow disk can commit"),
    "scan": Part(scan.scan, 120, "wapiti and sqlmap, which look for holes that others had"),
}

EPILOG = """parts:
{parts}

Beside each attack another user asks for a page 500 or 1,000 times a second, before, during and after it, and looks at
every answer. The exit status is 1 when a promise did not hold.
"""


def arguments() -> argparse.Namespace:
    parser = command.Parser(
        "scripts/attack",
        "[PART…] [--seconds N]",
        "Attacks a server of its own on this machine.",
        EPILOG.format(parts=command.listing({name: part.help for name, part in PARTS.items()})),
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="which (default: all); see below")
    parser.add_argument(
        "--seconds", type=command.whole_number, metavar="N", help="how long each attack takes (20 to 60)"
    )
    parser.add_argument("--no-build", action="store_true", help="take the programs that are there")
    given = parser.parse_intermixed_args()
    given.parts = given.parts or list(PARTS)
    for part in given.parts:
        if part not in PARTS:
            parser.error(f"there is no part '{part}'; there are: {', '.join(PARTS)}")
    return given


def run_part(name: str, given: argparse.Namespace) -> bool:
    part = PARTS[name]
    out = ROOT / "build/attack"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".run-", dir=out) as folder:
        bench = Bench(Path(folder), 1, 0, (), lambda text: command.say(f"{name}: {text}"))
        attack = Attack(bench, given.seconds or part.seconds)
        with bench.stack:
            part.run(attack)
    print(f"\n{name}: {part.help}\n\n{attack.result()}\n", flush=True)
    return not attack.failed


def main() -> None:
    given = arguments()
    command.unwind_when_interrupted()
    if not given.no_build:
        command.build("attack", targets=("cookieshop", "seed", "store"))
    machine.raise_limits()
    results = [run_part(name, given) for name in given.parts]
    sys.exit(0 if all(results) else 1)


command.run("scripts/attack", main)
