"""One measurement: wrk asks, the kernel counts, and a prober looks whether the answers are right."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from typing import IO, Mapping

import machine
from machine import LOAD_CORE, ROOT, Failure
from servers import Page, Server, problem_with

SCRIPTS = ROOT / "scripts/wrk"
INPUTS = ("COOKIE", "COOKIES", "COOKIE_NAME", "START", "CHECK", "RATE", "USERS", "PASSWORD")  # of the scripts
PROBE_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Load:
    script: str = "one_session"
    connections: int = 64
    threads: int = 1
    core: int | None = LOAD_CORE
    before: tuple[str, ...] = ()  # what runs wrk
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = ""  # none: the page's
    same_size: bool = True  # all answers are as long as the page


@dataclass(frozen=True)
class Case:
    """What is measured. `page` is what the prober looks at, and what the load asks for if it says nothing."""

    name: str
    server: Server
    page: Page
    load: Load = Load()
    reference: str = ""  # the case whose CPU time this one's is compared with
    facts: Mapping[str, object] = field(default_factory=dict)  # for the JSON


# ---- wrk


@dataclass
class Run:
    popen: subprocess.Popen
    output: IO[str]
    script: str


def start_wrk(case: Case, seconds: int, check: bool = False) -> Run:
    load = case.load
    name, _, value = case.page.cookie.partition("=")
    environment = {name: text for name, text in os.environ.items() if name not in INPUTS}
    environment |= {"COOKIE_NAME": name or "session", "CHECK": "1" if check else ""}
    environment |= load.environment
    if "COOKIES" not in environment:
        environment["COOKIE"] = value
    command = ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", machine.cores(load.core)]
    command += [*load.before, "wrk"]
    command += [f"-t{load.threads}", f"-c{load.connections}", f"-d{seconds}s"]
    command += ["-s", str(SCRIPTS / f"{load.script}.lua"), case.server.url + (load.path or case.page.path)]
    output = tempfile.TemporaryFile("w+")
    popen = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    return Run(popen, output, load.script)


def stop_wrk(run: Run) -> None:
    if run.popen.returncode is None:
        run.popen.kill()
        run.popen.wait()
    run.output.close()


def finish_wrk(run: Run) -> dict:
    """What its script said in the last line, and the CPU time that wrk took."""
    _, status, usage = os.wait4(run.popen.pid, 0)
    run.popen.returncode = os.waitstatus_to_exitcode(status)
    run.output.seek(0)
    text = run.output.read()
    last = text.strip().rpartition("\n")[2]
    if run.popen.returncode or not last.startswith("{"):
        raise Failure(
            f"wrk with {run.script}.lua ended with status {run.popen.returncode}; it said: {text.strip()}"
        )
    said = json.loads(last)
    said["cpu_seconds"] = usage.ru_utime + usage.ru_stime - said["prepared_cpu_seconds"]
    return said


# ---- the prober


class Prober:
    """Asks for the page all the time, on a connection of its own, and looks at what comes."""

    def __init__(self, server: Server, page: Page) -> None:
        self.asked = 0
        self.problem = ""
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._page = page
        self._headers = {"Cookie": page.cookie} if page.cookie else {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Prober:
        self._ask()  # before there is a queue
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._stop.wait(PROBE_EVERY) and not self.problem:
            self._ask()

    def _ask(self) -> None:
        try:
            self._connection.request("GET", self._page.path, headers=self._headers)
            answer = self._connection.getresponse()
            self.problem = problem_with(self._page, answer.status, answer.read())
        except (OSError, http.client.HTTPException) as problem:
            self.problem = f"does not answer {self._page.path} under load: {problem!r}"
        self.asked += 1


# ---- a measurement


def check_run(case: Case, said: dict, prober: Prober) -> None:
    """A run with a wrong answer is no measurement."""
    errors = dict(said["errors"])
    if errors.pop("status"):
        raise Failure(f"{case.name}: {said['errors']['status']} answers of status 400 or above")
    if any(errors.values()):
        counts = ", ".join(f"{kind} {count}" for kind, count in errors.items() if count)
        raise Failure(f"{case.name}: wrk had errors with its connections: {counts}")
    if said["unexpected"]:
        raise Failure(
            f"{case.name}: {said['unexpected']} answers of the wrong status; of each: {said['statuses']}"
        )
    if not said["requests"]:
        raise Failure(f"{case.name}: not one answer in {said['seconds']:.1f} s")
    if prober.problem:
        raise Failure(f"{case.name}: the server {prober.problem}")
    size, right_size = said["bytes"] / said["requests"], case.page.answer_size
    unfinished = case.load.connections * right_size  # at most, when wrk stops
    tolerated = 0.005 * said["bytes"] + unfinished
    if case.load.same_size and abs(said["bytes"] - said["requests"] * right_size) > tolerated:
        raise Failure(f"{case.name}: answers of {size:.0f} bytes, not of {right_size}")


def measure(case: Case, seconds: int, check: bool = False) -> dict:
    """Figures of one run. With `check` wrk looks at every answer's status, which costs it time."""
    server = case.server
    server.process.check_alive()
    with Prober(server, case.page) as prober:
        busy = machine.busy_seconds()
        before = machine.snapshot(server.pid)
        run = start_wrk(case, seconds, check)
        try:
            said = finish_wrk(run)
        finally:
            stop_wrk(run)
        cpu = machine.cpu_between(before, machine.snapshot(server.pid))
        busy = machine.busy_seconds() - busy
    server.process.check_alive()
    check_run(case, said, prober)
    others = busy - cpu.total - said["cpu_seconds"] - said["prepared_cpu_seconds"]
    return figures(case, said, cpu, prober.asked) | {
        "rss_bytes": machine.rss(server.pid),
        "others": max(0, others / said["seconds"] / os.cpu_count()),  # how much of the cores was neither's
    }


def figures(case: Case, said: dict, cpu: machine.CpuTime, probes: int) -> dict:
    requests = said["requests"] + probes
    server_busy = cpu.total / said["seconds"] / case.server.cores
    wrk_busy = said["cpu_seconds"] / said["seconds"] / case.load.threads
    latency = said["latency_ms"]
    return {
        "requests": said["requests"],
        "seconds": said["seconds"],
        "requests_per_second": said["requests_per_second"],
        "p50_ms": latency["p50"],
        "p90_ms": latency["p90"],
        "p99_ms": latency["p99"],
        "p999_ms": latency["p99.9"],
        "max_ms": latency["max"],
        "cpu_us": cpu.total / requests * 1e6,
        "user_us": cpu.user / requests * 1e6,
        "system_us": cpu.system / requests * 1e6,
        "server_busy": server_busy,
        "wrk_busy": wrk_busy,
        # Then requests/s tell what wrk can do, not what the server can.
        "wrk_bound": case.load.core is not None and wrk_busy >= 0.95 and server_busy < 0.95,
        "answer_bytes": said["bytes"] / said["requests"],
        "probes": probes,
    }
