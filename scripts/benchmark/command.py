"""What the command lines of the kits share: scripts/bench and scripts/attack."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from typing import Callable, Mapping, NoReturn, Sequence

from machine import ROOT, Failure

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Parser(argparse.ArgumentParser):
    def __init__(self, program: str, usage: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=program,
            usage=f"{program} {usage}",
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def listing(helps: Mapping[str, str]) -> str:
    """The parts for the help, a line each."""
    return "\n".join(f"  {name:<12} {text}" for name, text in helps.items())


def whole_number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not allowed; must be a whole number from 1")
    return int(text)


def install(*groups: str) -> None:
    if subprocess.run([ROOT / "scripts/install", *groups], stdout=sys.stderr).returncode:
        raise Failure(f"scripts/install {' '.join(groups)} failed")


def cmake(*arguments: str) -> None:
    if subprocess.run(["cmake", *arguments], cwd=ROOT, stdout=sys.stderr).returncode:
        raise Failure(f"cmake {' '.join(arguments)} failed")


def build(group: str, targets: Sequence[str]) -> None:
    """What is measured and what measures it; nothing is done again that is there."""
    install("build", group)
    say("building in build/release")
    cmake("--preset", "release", "-DCOOKIESHOP_TESTS=OFF", "-DCOOKIESHOP_BENCHMARK=ON")
    cmake("--build", "--preset", "release", "--target", *targets)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def end(number: int, _: object) -> NoReturn:
    """Unwinds, which stops all that was started and removes the folder; once."""
    for other in ENDINGS:
        signal.signal(other, signal.SIG_IGN)
    say("interrupted; what was not finished is not written")
    sys.exit(128 + number)


def unwind_when_interrupted() -> None:
    for number in ENDINGS:
        signal.signal(number, end)


def run(program: str, main: Callable[[], None]) -> None:
    try:
        main()
    except (Failure, OSError) as failure:
        sys.exit(f"{program}: {failure}")
