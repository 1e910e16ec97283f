"""The command line of the kit: scripts/bench calls it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import command
import machine
import report
from command import say
from machine import LOAD_CORE, ROOT, Failure
from parts import PARTS, Part
from servers import Bench

EPILOG = """parts:
{parts}
  all          all of these
  plots        draws what was measured as SVG, into the folder of --to; measures nothing

Results go to FOLDER/PART.json, raw rounds and a description of the machine included.
"""


def arguments() -> argparse.Namespace:
    parser = command.Parser(
        "scripts/bench",
        "[PART…] [--rounds N] [--seconds S] [--only NAME,NAME] [--out FOLDER]",
        "Measures Cookieshop on this machine: the server on core 0, wrk on core 1.",
        EPILOG.format(parts=command.listing({name: part.help for name, part in PARTS.items()})),
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="what to measure (default: peers); see below"
    )
    parser.add_argument(
        "--rounds", type=command.whole_number, default=5, metavar="N", help="how often each is measured (5)"
    )
    parser.add_argument(
        "--seconds", type=command.whole_number, default=5, metavar="S", help="how long each time (5)"
    )
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


def main() -> None:
    given = arguments()
    if given.parts == ["plots"]:
        command.install("plots")
        import plots  # needs matplotlib, which nothing else does

        return plots.draw(given.out, given.to)
    command.unwind_when_interrupted()
    if os.cpu_count() < 2:
        raise Failure("needs two cores, one for the server and one for wrk")
    if not given.no_build:
        command.build("bench", targets=("cookieshop", "benchmark"))
    machine.raise_limits()
    os.sched_setaffinity(0, {LOAD_CORE})  # not on the server's
    for name in given.parts:
        run_part(name, PARTS[name], given)


command.run("scripts/bench", main)
