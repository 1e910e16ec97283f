"""The command line of the kit: scripts/bench calls it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import machine
import report
from machine import LOAD_CORE, ROOT, Failure
from parts import PARTS, Part
from servers import Bench

EPILOG = """parts:
{parts}
  all          all of these
  plots        draws what was measured as SVG, into the folder of --to; measures nothing

Results go to FOLDER/PART.json, raw rounds and a description of the machine included.
"""

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def whole_number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not allowed; must be a whole number from 1")
    return int(text)


def arguments() -> argparse.Namespace:
    lines = "\n".join(f"  {name:<12} {part.help}" for name, part in PARTS.items())
    parser = Parser(
        prog="scripts/bench",
        usage="scripts/bench [PART…] [--rounds N] [--seconds S] [--only NAME,NAME] [--out FOLDER]",
        description="Measures Cookieshop on this machine: the server on core 0, wrk on core 1.",
        epilog=EPILOG.format(parts=lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="what to measure (default: peers); see below"
    )
    parser.add_argument(
        "--rounds", type=whole_number, default=5, metavar="N", help="how often each is measured (5)"
    )
    parser.add_argument("--seconds", type=whole_number, default=5, metavar="S", help="how long each time (5)")
    parser.add_argument("--only", metavar="NAME,NAME", help="some of a part's servers or loads alone")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build/bench", metavar="FOLDER", help="(build/bench)"
    )
    parser.add_argument(
        "--to", type=Path, default=ROOT / "docs/plots", metavar="FOLDER", help="plots: (docs/plots)"
    )
    parser.add_argument("--no-build", action="store_true", help="take the programs that are there")
    given = parser.parse_intermixed_args()
    given.parts = given.parts or ["peers"]
    for part in given.parts:
        if part not in (*PARTS, "all", "plots"):
            parser.error(f"there is no part '{part}'; there are: {', '.join(PARTS)}, all, plots")
    if "plots" in given.parts and given.parts != ["plots"]:
        parser.error("'plots' stands alone: measure first")
    if "all" in given.parts:
        given.parts = list(PARTS)
    given.only = given.only.split(",") if given.only is not None else []
    known = [name for part in given.parts if part in PARTS for name in PARTS[part].names]
    for name in given.only:
        if name not in known:
            parser.error(
                f"--only: there is no '{name}' in {', '.join(given.parts)}; there are: "
                + (", ".join(dict.fromkeys(known)) or "none to choose from")
            )
    return given


def install(*groups: str) -> None:
    if subprocess.run([ROOT / "scripts/install", *groups], stdout=sys.stderr).returncode:
        raise Failure(f"scripts/install {' '.join(groups)} failed")


def cmake(*arguments: str) -> None:
    if subprocess.run(["cmake", *arguments], cwd=ROOT, stdout=sys.stderr).returncode:
        raise Failure(f"cmake {' '.join(arguments)} failed")


def build() -> None:
    """What is measured and what measures it; nothing is done again that is there."""
    install("build", "bench")
    say("building in build/release")
    cmake("--preset", "release", "-DCOOKIESHOP_TESTS=OFF", "-DCOOKIESHOP_BENCHMARK=ON")
    cmake("--build", "--preset", "release", "--target", "cookieshop", "benchmark")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run_part(name: str, part: Part, given: argparse.Namespace) -> None:
    names = [one for one in part.names if one in given.only] if given.only else list(part.names)
    if part.names and not names:
        return say(f"{name}: nothing of it is in --only")
    given.out.mkdir(parents=True, exist_ok=True)
    # Beside the results: what is committed there waits for a disk, which /tmp often is not.
    with tempfile.TemporaryDirectory(prefix=".run-", dir=given.out.resolve()) as folder:
        bench = Bench(Path(folder), given.rounds, given.seconds, names, lambda text: say(f"{name}: {text}"))
        with bench.stack:
            result = part.run(bench)
    settings = {"rounds": given.rounds, "seconds": given.seconds, "only": given.only}
    path = report.write(name, result, settings, given.out)
    print(f"\n{name}: {part.help}\n\n{result.text}\n\nwritten: {path}\n", flush=True)


def end(number: int, _: object) -> NoReturn:
    """Unwinds, which stops all that was started and removes the folder; once."""
    for other in ENDINGS:
        signal.signal(other, signal.SIG_IGN)
    say("scripts/bench: interrupted; what was not finished is not written")
    sys.exit(128 + number)


def main() -> None:
    given = arguments()
    if given.parts == ["plots"]:
        install("plots")
        import plots  # needs matplotlib, which nothing else does

        return plots.draw(given.out, given.to)
    for number in ENDINGS:
        signal.signal(number, end)
    if os.cpu_count() < 2:
        raise Failure("needs two cores, one for the server and one for wrk")
    if not given.no_build:
        build()
    machine.raise_limits()
    os.sched_setaffinity(0, {LOAD_CORE})  # not on the server's
    for name in given.parts:
        run_part(name, PARTS[name], given)


try:
    main()
except (Failure, OSError) as failure:
    sys.exit(f"scripts/bench: {failure}")
