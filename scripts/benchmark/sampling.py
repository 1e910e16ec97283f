"""Where the time of a request goes: samples of perf, put to what they belong to."""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from machine import Failure

FREQUENCY = 5_000  # samples a second of the server's time: every one interrupts it

# The first pattern that a symbol has names its work; what the kernel does is told by the system call.
WORK = (
    ("rendering the page", r"cookieshop::view::|cookieshop::shop::pages"),
    ("reading the request", r"beast::http|http::(read_|find_header|is_|trim|take_part|host_name|request::)"),
    ("laying out the response", r"http::(serializer|response|append)"),
    (
        "session and handler",
        r"cookieshop::(session|store|shop|auth)::|http::(router|detail::next_cookie|cookie)",
    ),
    ("connection, coroutine, event loop", r"cookieshop::http::|boost::asio|awaitable"),
    (
        "system calls, this side of them",
        r"^_*(GI_+)?(libc_)?(send|recv|epoll_wait|pthread_(en|dis)able_asynccancel)",
    ),
    ("copying and comparing bytes", r"mem(move|cpy|cmp|chr|set|mem)|strlen"),
)


@dataclass
class Profile:
    samples: int = 0
    work: Counter[str] = field(default_factory=Counter)
    symbols: Counter[str] = field(default_factory=Counter)


@contextmanager
def sampling(pid: int, folder: Path) -> Iterator[Profile]:
    """Samples the process while whatever is done inside; the profile is complete afterwards."""
    data = folder / "perf.data"
    command = ["perf", "record", "--event", "cpu-clock", "--freq", str(FREQUENCY), "--call-graph", "fp"]
    recorder = subprocess.Popen(
        [*command, "--output", str(data), "--pid", str(pid)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    profile = Profile()
    try:
        yield profile
    finally:
        recorder.send_signal(signal.SIGINT)
        said = recorder.communicate()[1]
    if not data.exists():
        raise Failure(f"perf can't sample here: {said.strip()}")
    read(data, profile)


def read(data: Path, profile: Profile) -> None:
    script = subprocess.run(
        ["perf", "script", "--input", str(data), "--fields", "ip,sym,dso"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )
    for sample in script.stdout.split("\n\n"):
        frames = [line.strip().split(maxsplit=1)[1] for line in sample.splitlines() if line.strip()]
        if not frames:
            continue
        profile.samples += 1
        profile.work[work_of(frames)] += 1
        profile.symbols[short(frames[0])] += 1


def work_of(frames: list[str]) -> str:
    if "[kernel" in frames[0] or "[unknown]" in frames[0].split("(")[-1]:
        for frame in frames:
            if call := re.match(r"__(?:x64|arm64)_sys_(\w+)", frame):
                return f"kernel: {call[1]}"
        return "kernel: interrupts and scheduling"
    for name, pattern in WORK:
        if re.search(pattern, frames[0]):
            return name
    return "the rest"


def short(frame: str) -> str:
    """The symbol without its arguments, and the file without its folder."""
    symbol, _, file = frame.rpartition(" (")
    symbol = re.sub(r"\(anonymous namespace\)", "{anonymous}", symbol)
    symbol = re.sub(r"\(.*|<.*", "", symbol)
    return f"{symbol} ({file.rstrip(')').rpartition('/')[2]})"
