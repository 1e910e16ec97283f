"""Processes and their cores, CPU time and memory, from /proc; and what machine this is."""

from __future__ import annotations

import datetime
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
TOOLS = BUILD / "benchmark"

SERVER_CORE = 0
LOAD_CORE = 1
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """What went wrong, in one line; ends the program."""


# ---- processes


@dataclass
class Process:
    name: str
    popen: subprocess.Popen
    log: Path
    stopped: bool = False

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def check_alive(self) -> None:
        if self.popen.poll() is not None:
            said = self.said().strip().splitlines()[-5:] or ["nothing"]
            raise Failure(
                f"{self.name} ended with status {self.popen.returncode}; it said: " + " | ".join(said)
            )

    def stop(self) -> None:
        """The process and whatever it started: they are a group of their own."""
        if self.stopped:
            return
        self.stopped = True
        for number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.popen.pid, number)
                self.popen.wait(patience)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.popen.wait()


def cores(core: int | None) -> str:
    return f"0-{os.cpu_count() - 1}" if core is None else str(core)


def start(
    name: str, command: list[str | Path], folder: Path, core: int | None, environment: Mapping[str, str] = {}
) -> Process:
    """`core`: None for all of them. Should the kit be killed, the kernel stops what it started."""
    log = folder / f"{name}.log"
    with open(log, "wb") as output:
        popen = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "taskset", "--cpu-list", cores(core), *map(str, command)],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Process(name, popen, log)


def start_python(script: Path, *arguments: str, core: int | None) -> subprocess.Popen:
    """A child of ours that hears from us on its standard input, and ends with us at the latest."""
    pinned = ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", cores(core)]
    return subprocess.Popen(
        [*pinned, sys.executable, "-B", str(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def await_line(process: Process, pattern: str, patience: float = 60) -> re.Match[str]:
    """What the process prints when it's ready."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = re.search(pattern, process.said(), re.MULTILINE)
        if found:
            return found
        process.check_alive()
        time.sleep(0.02)
    raise Failure(
        f"{process.name} does not get ready within {patience:.0f} s: see what it said: {process.said()!r}"
    )


def await_port(process: Process, port: int, patience: float = 60) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            process.check_alive()
            time.sleep(0.02)
    raise Failure(f"{process.name} does not listen on port {port} within {patience:.0f} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_limits() -> int:
    """As many descriptors as allowed, for us and for all that we start; how many these are."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def tool(name: str) -> Path:
    """A program of this kit that the build makes."""
    path = TOOLS / name
    if not path.exists():
        raise Failure(f"there is no {path.relative_to(ROOT)}: run scripts/bench without --no-build")
    return path


# ---- CPU time and memory


def family(pid: int) -> list[int]:
    """The process and all that came from it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = stat_fields(int(entry))
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry))
    members = [pid]
    for member in members:
        members += children.get(member, [])
    return members


def stat_fields(pid: int) -> list[str]:
    """/proc/PID/stat from the third field on: the second is a name that may have blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@dataclass(frozen=True)
class Snapshot:
    threads: dict[int, int]  # of each: nanoseconds on a core
    user_ticks: int
    system_ticks: int


def snapshot(pid: int) -> Snapshot:
    threads: dict[int, int] = {}
    user = system = 0
    for member in family(pid):
        try:
            fields = stat_fields(member)
            user += int(fields[11])
            system += int(fields[12])
            for thread in os.listdir(f"/proc/{member}/task"):
                threads[int(thread)] = int(
                    Path(f"/proc/{member}/task/{thread}/schedstat").read_text().split()[0]
                )
        except OSError:  # it has just ended
            continue
    return Snapshot(threads, user, system)


@dataclass(frozen=True)
class CpuTime:
    user: float  # seconds
    system: float

    @property
    def total(self) -> float:
        return self.user + self.system


def cpu_between(before: Snapshot, after: Snapshot) -> CpuTime:
    """The sum is the scheduler's, in nanoseconds; how it splits is told by the ticks, which are coarse."""
    user = after.user_ticks - before.user_ticks
    system = after.system_ticks - before.system_ticks
    if before.threads and before.threads.keys() <= after.threads.keys():
        total = sum(time - before.threads.get(thread, 0) for thread, time in after.threads.items()) / 1e9
    else:  # a thread ended and took its sum along, or this kernel keeps none
        total = (user + system) / TICKS_A_SECOND
    share = user / (user + system) if user + system else 0.5
    return CpuTime(total * share, total * (1 - share))


def rss(pid: int) -> int:
    """Bytes of memory in use by the process and all that came from it; what they share counts for each."""
    total = 0
    for member in family(pid):
        text = Path(f"/proc/{member}/smaps_rollup").read_text()
        total += int(re.search(r"^Rss:\s+(\d+) kB", text, re.MULTILINE)[1]) * 1024
    return total


def forget_peak(pid: int) -> None:
    """`peak_rss` counts from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_rss(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024


def tcp_memory() -> int:
    """Bytes that the kernel holds for all TCP connections of this machine, in both directions."""
    text = Path("/proc/net/sockstat").read_text()
    return int(re.search(r"^TCP: .* mem (\d+)", text, re.MULTILINE)[1]) * os.sysconf("SC_PAGE_SIZE")


def sockets(pid: int) -> int:
    folder = f"/proc/{pid}/fd"
    count = 0
    for entry in os.listdir(folder):
        try:
            count += os.readlink(f"{folder}/{entry}").startswith("socket:")
        except OSError:  # it has just been closed
            continue
    return count


def busy_seconds() -> float:
    """What all cores have worked, or other virtual machines have taken of them, since this one started."""
    user, nice, system, _, _, interrupts, soft, stolen = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / TICKS_A_SECOND


# ---- what this was measured on


def output_of(*command: str | Path) -> str:
    """What a command prints; "unknown" when it can't be run."""
    try:
        done = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20
        )
    except OSError:
        return "unknown"
    return done.stdout.strip()


def describe() -> dict:
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    system = re.search(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text(), re.MULTILINE)
    commit = output_of("git", "-C", ROOT, "rev-parse", "HEAD")
    changed = output_of("git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no")
    return {
        "cpu": model[1] if model else "unknown",
        "cores": os.cpu_count(),
        "memory_bytes": int(memory[1]) * 1024,
        "virtual": "hypervisor" in Path("/proc/cpuinfo").read_text(),
        "kernel": os.uname().release,
        "congestion_control": Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
        "system": system[1] if system else "unknown",
        "wrk": output_of("wrk", "-v").split("\n")[0].split("[")[0].strip(),
        "python": sys.version.split()[0],
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": "scripts/bench " + " ".join(sys.argv[1:]),
        "commit": commit + (" with changes" if changed else ""),
    }
