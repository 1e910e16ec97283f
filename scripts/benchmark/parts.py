"""The parts of the kit: what is measured in each, one function a part."""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Iterator, Sequence

import command
import machine
import servers
from load import Case, Load, finish_wrk, measure, start_wrk, stop_wrk
from machine import LOAD_CORE, ROOT, TOOLS, Failure
from sampling import sampling
from report import (
    BYTES,
    CPU,
    CPU_NOTE,
    LATENCIES,
    RATE,
    RATIO,
    RSS,
    Column,
    Result,
    Rounds,
    add_ratios,
    cases_result,
    median,
    number,
    table,
)
from servers import Bench, Page, Server

RATIO_NOTE = "ratio: the CPU time of the limit divided by the server's, of the same round"


# ---- what the parts share


def run_rounds(bench: Bench, cases: Sequence[Case]) -> Rounds:
    """Each case once to warm up, with a look at every answer; then all of them in turn, again and again."""
    for case in cases:
        bench.say(f"warming up {case.name}")
        measure(case, bench.seconds, check=True)
    rounds: Rounds = {case.name: [] for case in cases}
    for n in range(1, bench.rounds + 1):
        first = n % len(cases)  # nobody is always the one after an idle minute
        for case in (*cases[first:], *cases[:first]):
            bench.say(f"round {n} of {bench.rounds}: {case.name}")
            rounds[case.name].append(measure(case, bench.seconds))
    add_ratios(cases, rounds)
    return rounds


def usual_shop(bench: Bench, *options: str) -> tuple[Server, Page]:
    """Cookieshop, and the checkout page of a customer with three kinds of cookies in the basket."""
    shop = servers.cookieshop(bench, *options)
    return shop, servers.checked(shop, servers.checkout_page(servers.customer(shop)))


def three_servers(bench: Bench, connections: int) -> dict[str, tuple[Server, Page]]:
    """Cookieshop and what it is compared with everywhere, as far as they are wanted."""
    shop, page = usual_shop(bench)
    started = {"cookieshop": (shop, page)}
    if "limit" in bench.names:
        started["limit"] = servers.limit(bench, shop, page)
    if "nginx" in bench.names:
        started["nginx"] = servers.nginx(bench, shop, page, connections)
    return {name: (server, servers.checked(server, page)) for name, (server, page) in started.items()}


def many(cookies: Path, start: int = 1) -> dict[str, str]:
    return {"COOKIES": str(cookies), "START": str(start)}


def read_all(bench: Bench, case: Case, count: int) -> None:
    """Every session once, so that it is in memory if it can be."""
    bench.say(f"reading {count:,} sessions")
    done = 0
    while done < count:
        environment = {**case.load.environment, "START": str(done + 1)}
        done += measure(replace(case, load=replace(case.load, environment=environment)), 1)["requests"]


# ---- peers


def peers(bench: Bench) -> Result:
    started = three_servers(bench, 1024)
    shop, page = started["cookieshop"]
    size = page.body_size
    if "nginx-debian" in bench.names:
        server, file = servers.nginx(bench, shop, page, name="nginx-debian")
        started["nginx-debian"] = (server, servers.checked(server, file))
    for name, start in servers.FRAMEWORKS.items():
        if name not in bench.names:
            continue
        if name == "drogon" and not (TOOLS / "drogon").exists():
            bench.say("leaving out drogon: it is not installed")
            continue
        server, page = start(bench)
        page = servers.checked(server, page)
        if not 0.9 < page.body_size / size < 1.1:
            raise Failure(
                f"{name} has a page of {page.body_size} bytes, Cookieshop one of {size}: not the same work"
            )
        started[name] = (server, page)
    cases = [Case(name, *started[name], reference="limit") for name in bench.names if name in started]
    notes = [
        f"{CPU_NOTE}; page of {size:,} bytes, 64 connections; bytes: of an answer with its head",
        RATIO_NOTE,
        "gunicorn's usual worker closes the connection after each answer; it alone asks a database (SQLite) each time",
        "versions: "
        + ", ".join(f"{case.name} {case.server.version}" for case in cases if case.server.version),
    ]
    return cases_result(cases, run_rounds(bench, cases), (RATE, *LATENCIES, *CPU, RATIO, BYTES, RSS), notes)


# ---- what it depends on


def connections(bench: Bench) -> Result:
    started = three_servers(bench, 8192)
    cases = [
        Case(f"{name} {n}", server, page, Load(connections=n), f"limit {n}")
        for n in (1, 16, 64, 256, 1000, 4000)
        for name, (server, page) in started.items()
        if name in bench.names
    ]
    columns = (RATE, *LATENCIES, *CPU, RATIO)
    return cases_result(cases, run_rounds(bench, cases), columns, [CPU_NOTE, RATIO_NOTE])


def sizes(bench: Bench) -> Result:
    shop = servers.cookieshop(bench)
    pages = {}
    for kinds in (1, 3, 12):
        email = f"anna{kinds}@example.com"
        pages[f"checkout of {kinds}"] = servers.checkout_page(servers.customer(shop, email, kinds), email)
    member = pages["checkout of 3"]
    pages["/cookies"] = replace(member, path="/cookies", protected=False)
    pages["asset"] = Page(biggest_asset(shop), member.cookie)
    pages["/healthz"] = Page("/healthz", member.cookie)  # a word: no session is looked up, nothing rendered
    cases = []
    for what, page in pages.items():
        page = servers.checked(shop, page)
        asked = {"cookieshop": (shop, page)}
        if "limit" in bench.names:
            asked["limit"] = servers.limit(bench, shop, page, re.sub(r"\W+", "-", f"limit {what}"))
        for name, (server, its_page) in asked.items():
            if name in bench.names:
                facts = {"page": what, "server": name}
                its_page = servers.checked(server, its_page)
                cases.append(
                    Case(f"{name}, {what}", server, its_page, reference=f"limit, {what}", facts=facts)
                )
    cases.sort(key=lambda case: case.page.body_size)
    columns = (BYTES, RATE, *LATENCIES, *CPU, RATIO)
    notes = [CPU_NOTE, RATIO_NOTE, "bytes: of the whole answer, head and body"]
    return cases_result(cases, run_rounds(bench, cases), columns, notes)


def biggest_asset(shop: Server) -> str:
    paths = set(re.findall(r'"(/assets/[^"]+)"', servers.ask(shop, "/cookies").body.decode()))
    return max(sorted(paths), key=lambda path: len(servers.ask(shop, path).body))


def sessions(bench: Bench) -> Result:
    counts = (1, 1_000, 10_000, 100_000)
    database, cookies = servers.seed(bench, max(counts))
    shop = servers.cookieshop(bench, "--session-cache", "1GiB", database=database)
    page = servers.checked(shop, servers.seeded_page(cookies, 1))
    cases = []
    for count in counts:
        load = Load("many_sessions", environment=many(servers.first_lines(cookies, count)))
        name = f"{count:,} session" + "s" * (count > 1)
        cases.append(Case(name, shop, page, load, reference="1 session", facts={"sessions": count}))
    read_all(bench, cases[-1], max(counts))
    notes = [CPU_NOTE, "ratio: the CPU time with one session divided by theirs, of the same round"]
    return cases_result(cases, run_rounds(bench, cases), (RATE, *LATENCIES, *CPU, RATIO), notes)


# ---- what it is asked


def workloads(bench: Bench) -> Result:
    count = 100_000
    database, all_cookies = servers.seed(bench, count + 1)
    cookies = servers.first_lines(all_cookies, count)  # the last one is the prober's alone
    kinds = {
        "steady": ("--session-cache", "1GiB"),
        "evicting": ("--session-cache", "1MiB"),
        "writing": ("--session-cache", "1GiB"),
    }
    loads = {
        "guest": ("steady", Load("guest")),
        "forged": ("steady", Load("forged", environment={"COOKIES": str(cookies)})),
        "one-session": ("steady", Load()),
        "many-sessions": ("steady", Load("many_sessions", environment=many(cookies))),
        "evicted": ("evicting", Load("evicted", environment=many(cookies))),
        "mixed": ("writing", Load("mixed", environment=many(cookies), same_size=False)),
        "basket": ("writing", Load("basket", environment=many(cookies), same_size=False)),
    }
    started: dict[str, tuple[Server, Page]] = {}
    cases = []
    for name in bench.names:
        kind, load = loads[name]
        if kind not in started:
            copy = servers.copy_of(bench, database, f"{kind}-data")
            server = servers.cookieshop(bench, *kinds[kind], name=kind, database=copy)
            started[kind] = (server, servers.checked(server, servers.seeded_page(all_cookies, count + 1)))
        server, page = started[kind]
        if name in ("guest", "forged"):
            page = servers.checked(server, Page("/basket", markers=("Your basket is empty",)))
        cases.append(Case(name, server, page, load, reference="guest" if name == "forged" else ""))
    for case in cases:
        if case.name in ("many-sessions", "mixed", "basket"):
            read_all(bench, replace(case, load=Load("many_sessions", environment=many(cookies))), count)
    rounds = run_rounds(bench, cases)
    notes = [
        CPU_NOTE + "; each kind of load with a server that holds 100,000 sessions",
        "evicted: --session-cache 1MiB; the database's file is in the kernel's page cache",
    ]
    more = {}
    if {"guest", "forged"} <= rounds.keys():
        more["forged_to_guest"] = statistics.median(1 / row["ratio"] for row in rounds["forged"])
        notes.append(f"a forged cookie costs {more['forged_to_guest']:.2f} times the CPU time of none")
    return cases_result(cases, rounds, (RATE, *LATENCIES, *CPU, RSS), notes, **more)


def latency(bench: Bench) -> Result:
    """Each round first looks how much the server can do, then asks for a part of it."""
    shares = (0.25, 0.5, 0.75)
    started = three_servers(bench, 1024)
    cases: list[Case] = []
    rounds: Rounds = {}
    for n in range(bench.rounds + 1):
        for name in (name for name in bench.names if name in started):
            server, page = started[name]
            saturated = Case(f"{name}, saturated", server, page, facts={"share": 1})
            bench.say(f"round {n} of {bench.rounds}: {saturated.name}" if n else f"warming up {name}")
            row = measure(saturated, bench.seconds, check=n == 0)
            if n == 0:
                continue
            parts = [(saturated, row)]
            for share in shares:
                rate = row["requests_per_second"] * share
                load = Load("paced", environment={"RATE": f"{rate:.0f}"})
                case = Case(f"{name}, {share:.0%}", server, page, load, facts={"share": share})
                bench.say(f"round {n} of {bench.rounds}: {case.name}")
                parts.append((case, measure(case, bench.seconds) | {"asked_rate": rate}))
            for case, row in parts:
                if case.name not in rounds:
                    cases.append(case)
                rounds.setdefault(case.name, []).append(row)
    columns = (
        Column("asked/s", "asked_rate", number(0)),
        RATE,
        *LATENCIES,
        Column("CPU µs", "cpu_us", number(2)),
    )
    notes = [
        "64 connections; saturated: as fast as answers come; then a part of that rate, at random moments",
        "wrk sends what is due within a millisecond in one go: the limit shows what that makes of latency",
    ]
    return cases_result(cases, rounds, columns, notes)


def threads(bench: Bench) -> Result:
    cases = []
    for count in (1, 2):
        name = f"{count} thread" + "s" * (count > 1)
        shop = servers.cookieshop(bench, name=f"cookieshop-{count}", core=None, threads=count)
        page = servers.checked(shop, servers.checkout_page(servers.customer(shop)))
        cases.append(Case(name, shop, page, Load(threads=2, core=None), facts={"threads": count}))
    rounds = run_rounds(bench, cases)
    one, two = (rounds[case.name] for case in cases)
    work = statistics.median(2 * a["cpu_us"] / b["cpu_us"] for a, b in zip(one, two))
    throughput = statistics.median(
        b["requests_per_second"] / a["requests_per_second"] for a, b in zip(one, two)
    )
    notes = [
        CPU_NOTE + "; nothing is pinned, and wrk has two threads on the same cores",
        f"requests/s with two threads: {throughput:.2f} times those with one; wrk needs as much of the cores as they do",
        f"at equal CPU time two do {work:.2f} times the work of one (2 × CPU a request of one / of two)",
    ]
    return cases_result(cases, rounds, (RATE, *LATENCIES, *CPU), notes, work=work, throughput=throughput)


# ---- memory


def memory(bench: Bench) -> Result:
    steps, step = 5, 200_000
    series = []
    for name in bench.names:
        shop = servers.cookieshop(bench, name=f"cookieshop-{name}")
        page, load = servers.checkout_page(servers.customer(shop)), Load()
        if name == "guest":
            page, load = Page("/basket", markers=("Your basket is empty",)), Load("guest")
        case = Case(name, shop, servers.checked(shop, page), load)
        requests, points = 0, [(0, machine.rss(shop.pid))]
        for n in range(1, steps + 1):
            bench.say(f"{name}: {n * step:,} requests")
            while requests < n * step:
                requests += measure(case, 1)["requests"]
            points.append((requests, machine.rss(shop.pid)))
        series.append({"name": name, "requests": [r for r, _ in points], "rss_bytes": [b for _, b in points]})
    rows = [
        [one["name"], f"{requests:,}", mib(size), kib(size - one["rss_bytes"][1]) if requests else ""]
        for one in series
        for requests, size in zip(one["requests"], one["rss_bytes"])
    ]
    notes = ["64 connections; growth: since the first 200,000 requests"]
    return Result({"series": series}, table(["", "requests", "RSS MiB", "growth KiB"], rows, notes))


def cache(bench: Bench) -> Result:
    count = 1_000_000
    database, cookies = servers.seed(bench, count)
    shop = servers.cookieshop(bench, "--session-cache", "1GiB", "--log-level", "info", database=database)
    page = servers.checked(shop, servers.seeded_page(cookies, 1))
    case = Case("reading", shop, page, Load("many_sessions", environment=many(cookies)))
    points = [(1, machine.rss(shop.pid))]
    while points[-1][0] < count:
        start = points[-1][0]
        bench.say(f"{start:,} of {count:,} sessions are in memory")
        row = measure(replace(case, load=replace(case.load, environment=many(cookies, start))), bench.seconds)
        points.append((min(start + row["requests"], count), machine.rss(shop.pid)))
    growth = (points[-1][1] - points[1][1]) / (points[-1][0] - points[1][0])
    sessions, accounted = account_of_the_cache(shop)
    rows = [[f"{n:,}", mib(size)] for n, size in points]
    notes = [
        f"{growth:.0f} bytes of RSS a session, with its data and a user of its own, from the second line on: by then"
        " SQLite's own page cache is full",
        f"{accounted / sessions:.0f} bytes by the cache's account of its {sessions:,} sessions, which is {accounted / sessions / growth:.2f} of that",
    ]
    data = {
        "points": points,
        "rss_bytes_a_session": growth,
        "sessions": sessions,
        "accounted_bytes": accounted,
    }
    return Result(data, table(["sessions in memory", "RSS MiB"], rows, notes))


def account_of_the_cache(shop: Server) -> tuple[int, int]:
    """How many sessions it holds and the bytes that it counts for them: a server tells when it stops."""
    shop.process.stop()
    said = re.search(r"the session cache held (\d+) sessions in (\d+) bytes", shop.process.said())
    if not said:
        raise Failure("cache: the server did not tell what its cache held")
    return int(said[1]), int(said[2])


def idle(bench: Bench) -> Result:
    counts = (1_000, 5_000, 10_000, 19_000)
    if machine.raise_limits() < counts[-1] + 200:
        raise Failure(f"idle: needs {counts[-1] + 200} open files; raise the hard limit (ulimit -Hn)")
    series = []
    # nginx closes idle connections when it has less than a sixteenth of its places left.
    for name, (server, page) in three_servers(bench, 24_000).items():
        if name not in bench.names:
            continue
        with idle_connections(server, page) as hold:
            before = machine.rss(server.pid)
            sizes = []
            for count in counts:
                bench.say(f"{name}: {count:,} connections")
                hold(count)
                time.sleep(1)  # whatever the server does after an answer
                sizes.append(machine.rss(server.pid))
        a_connection = [(size - before) / count for count, size in zip(counts, sizes)]
        series.append(
            {
                "name": name,
                "connections": counts,
                "before_bytes": before,
                "rss_bytes": sizes,
                "bytes_a_connection": a_connection,
            }
        )
    rows = [
        [one["name"], f"{count:,}", mib(size), f"{each:,.0f}"]
        for one in series
        for count, size, each in zip(
            (0, *counts), (one["before_bytes"], *one["rss_bytes"]), (0, *one["bytes_a_connection"])
        )
    ]
    notes = [
        "keep-alive connections that have had one answer each; RSS is without the kernel's part",
        "nginx takes memory for its 24,000 possible connections at the start, Cookieshop as they come",
    ]
    return Result(
        {"series": series}, table(["", "connections", "RSS MiB", "bytes a connection"], rows, notes)
    )


@contextmanager
def idle_connections(server: Server, page: Page) -> Iterator[Callable[[int], None]]:
    """A function that brings a child of ours to hold so many; at the end all must still be open."""
    script = Path(__file__).with_name("idle.py")
    child = machine.start_python(script, str(server.port), page.path, page.cookie, core=LOAD_CORE)

    def hold(count: int) -> None:
        child.stdin.write(f"{count}\n")
        child.stdin.flush()
        answer = child.stdout.readline().strip()
        if answer != str(count):
            raise Failure(
                f"{server.name}: {child.stderr.read().strip() or 'the child that holds connections ended'}"
            )

    try:
        yield hold
        closed = child.communicate(timeout=60)[0].strip()
        if closed != "0":
            raise Failure(f"{server.name} closed {closed} of the idle connections meanwhile")
    finally:
        child.kill()
        child.wait()


# ---- start, writes, logins


def start(bench: Bench) -> Result:
    count = 1_000_000
    database, cookies = servers.seed(bench, count)
    page = servers.seeded_page(cookies, count // 2)
    times = []
    for n in range(1, bench.rounds + 1):
        bench.say(f"start {n} of {bench.rounds}")
        times.append(seconds_to_first_answer(bench, n, database, page))
    rows = [[f"{count:,} sessions", *(f"{1000 * f(times):.1f}" for f in (statistics.median, min, max))]]
    notes = [
        "from the start of the program (with taskset's, which pins it) to the right answer to GET /checkout",
        "with one of the cookies; the file has been read before, so that the disk has no part in it",
    ]
    return Result(
        {"sessions": count, "seconds": times}, table(["", "median ms", "min ms", "max ms"], rows, notes)
    )


def seconds_to_first_answer(bench: Bench, number: int, database: Path, page: Page) -> float:
    port = machine.free_port()
    command = servers.serving(port, database=database)
    begin = time.perf_counter()
    process = bench.start(f"start-{number}", command, machine.SERVER_CORE)
    server = Server("cookieshop", port, process)
    while time.perf_counter() - begin < 60:
        try:
            data = servers.raw_answer(server, page)
            break
        except ConnectionRefusedError:
            process.check_alive()
            time.sleep(0.0005)
    else:
        raise Failure("cookieshop does not answer within 60 s")
    seconds = time.perf_counter() - begin
    if any(marker.encode() not in data for marker in page.markers):
        raise Failure("cookieshop's first answer is not the page of the session that it was asked with")
    process.stop()
    return seconds


def json_lines(bench: Bench, *command: str | Path) -> list[dict]:
    """What a program prints, on all cores, that writes one JSON object a line."""
    everywhere = [
        "setpriv",
        "--pdeathsig",
        "TERM",
        "taskset",
        "--cpu-list",
        machine.cores(None),
        *map(str, command),
    ]
    done = subprocess.run(
        everywhere, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=bench.folder
    )
    if done.returncode:
        raise Failure(f"{Path(command[0]).name} ended with status {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def writes(bench: Bench) -> Result:
    bench.say("measuring the store, three rounds")
    measured = json_lines(bench, machine.tool("store"))
    rates: dict[tuple[str, str], list[int]] = {}
    for row in measured:
        rates.setdefault((row["what"], row["how"]), []).append(row["a_second"])
    ours = {what: series for (what, how), series in rates.items() if how == "the session store"}
    rows = []
    for (what, how), series in rates.items():
        ratios = [mine / its for mine, its in zip(ours[what], series)]
        rows.append([what, how, f"{statistics.median(series):,}", f"{min(series):,}–{max(series):,}"])
        rows[-1].append("" if series is ours[what] else f"{statistics.median(ratios):.2f}")
    in_one = statistics.median(row["in_a_transaction"] for row in measured if row["in_a_transaction"] > 1)
    notes = [
        "the last column: how many times as many the store makes, of each round",
        f"{in_one:.0f} new sessions in a transaction; every commit waits for the disk (synchronous=FULL)",
        "the store has 512 callers at once for new sessions and 256 for look-ups, with two reading threads; bare SQLite one",
    ]
    headings = ["", "", "a second", "min–max", "store / this"]
    return Result({"measurements": measured}, table(headings, rows, notes))


def logins(bench: Bench) -> Result:
    users, rate = 1_000, 1_000
    database, cookies = servers.seed(bench, users + 1)
    shop = servers.cookieshop(bench, core=None, threads=os.cpu_count(), database=database)
    page = servers.checked(shop, servers.seeded_page(cookies, users + 1))
    looking = Load("paced", connections=64, core=None, environment={"RATE": str(rate)})
    quiet = Case("GETs alone", shop, page, looking)
    busy = Case("GETs while logins run", shop, page, looking)
    login = Case(
        "logins",
        shop,
        page,
        Load("login", connections=32, core=None, environment={"USERS": str(users)}, path="/login"),
    )
    rounds: Rounds = {quiet.name: [], busy.name: []}
    alone, beside, possible = [], [], []
    for n in range(1, bench.rounds + 1):
        bench.say(f"round {n} of {bench.rounds}")
        rounds[quiet.name].append(measure(quiet, bench.seconds))
        possible.append(hashes_per_second(bench))
        with logging_in(login, bench.seconds, alone):
            pass
        with logging_in(login, bench.seconds + 1, beside):
            rounds[busy.name].append(measure(busy, bench.seconds))
    notes = [f"{rate:,} GETs of /checkout a second; logins: 32 at once; everything on the same cores"]
    for what, figures in (("logins alone", alone), ("logins beside the GETs", beside)):
        share = statistics.median(row["logins_per_second"] / hashes for row, hashes in zip(figures, possible))
        notes.append(
            f"{what}: {median(figures, 'logins_per_second'):.1f} a second, p99 {median(figures, 'p99_ms'):.0f} ms;"
            f" {share:.0%} of the argon2id hashes that the cores can do in the same round"
        )
    notes.append(f"hashes alone: {statistics.median(possible):.1f} a second")
    more = {"logins_alone": alone, "logins_beside_gets": beside, "hashes_per_second": possible}
    return cases_result([quiet, busy], rounds, (RATE, *LATENCIES), notes, **more)


@contextmanager
def logging_in(case: Case, seconds: int, figures: list[dict]) -> Iterator[None]:
    """Logins while whatever is done inside; how many they were goes to `figures`."""
    run = start_wrk(case, seconds)
    try:
        yield
        said = finish_wrk(run)
    finally:
        stop_wrk(run)
    if said["unexpected"] or any(said["errors"].values()):
        raise Failure(f"logins: answers {said['statuses']}, errors {said['errors']}; 303 is right")
    figures.append({"logins_per_second": said["requests_per_second"], "p99_ms": said["latency_ms"]["p99"]})


def hashes_per_second(bench: Bench) -> float:
    """What all cores together can do in argon2id at the server's cost, by a program that does only that."""
    return json_lines(bench, machine.tool("store"), "hash")[0]["hashes_per_second"]


def mib(size: float) -> str:
    return f"{size / 2**20:,.1f}"


def kib(size: float) -> str:
    return f"{size / 2**10:,.0f}"


def profile(bench: Bench) -> Result:
    listed = 25
    found = {}
    for name, (server, page) in three_servers(bench, 1024).items():
        if name not in bench.names:
            continue
        case = Case(name, server, page)
        measure(case, 1)
        bench.say(f"sampling {name}")
        with sampling(server.pid, bench.folder) as sampled:
            row = measure(case, bench.seconds)
        each = row["cpu_us"] * 1000 / sampled.samples  # nanoseconds of a request
        found[name] = {
            "cpu_us": row["cpu_us"],
            "work_ns": {what: count * each for what, count in sampled.work.most_common()},
            "symbols_ns": {what: count * each for what, count in sampled.symbols.most_common(listed)},
        }
    works = sorted(
        {work for one in found.values() for work in one["work_ns"]},
        key=lambda work: -max(one["work_ns"].get(work, 0) for one in found.values()),
    )
    rows = [[work, *(f"{one['work_ns'].get(work, 0):,.0f}" for one in found.values())] for work in works]
    rows.append(["all of it", *(f"{one['cpu_us'] * 1000:,.0f}" for one in found.values())])
    text = table(["ns of a request", *found], rows)
    for name, one in found.items():
        text += f"\n\n{name}, symbol by symbol\n\n"
        text += table(["ns", "symbol"], [[f"{ns:,.0f}", symbol] for symbol, ns in one["symbols_ns"].items()])
    return Result({"profiles": found}, text + "\n\nsampling itself makes a request dearer: compare the parts")


# ---- what the compiler's protections cost

PROTECTIONS = {  # COOKIESHOP_UNPROTECTED of scripts/cmake/toolchain.cmake
    "protected": "",
    "no-stack-protector": "stack-protector",
    "no-stack-clash": "stack-clash",
    "no-cf": "fcf-protection",
    "no-fortify": "FORTIFY",
    "no-assertions": "GLIBCXX",
    "unprotected": ".",
}


def hardening(bench: Bench) -> Result:
    command.install("hardening")
    programs = build_with_protections(bench)
    cases = []
    counted = {}
    for name, program in programs.items():
        bench.say(f"counting the instructions of {name}")
        counted[name] = instructions_of_a_request(bench, name, program)
        shop = servers.cookieshop(bench, name=name, program=program)
        page = servers.checked(shop, servers.checkout_page(servers.customer(shop)))
        cases.append(Case(name, shop, page, reference="protected"))
    rounds = run_rounds(bench, cases)
    notes = [
        f"{CPU_NOTE}; ratio: the CPU time with all protections divided by this one's, of the same round",
        *(f"{name}: {count:,.0f} instructions of the program a request" for name, count in counted.items()),
    ]
    return cases_result(cases, rounds, (RATE, *LATENCIES, *CPU, RATIO), notes, instructions=counted)


def build_with_protections(bench: Bench) -> dict[str, Path]:
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))
    programs = {}
    for name in bench.names:
        folder = ROOT / "build/hardening" / name
        bench.say(f"building {name} in {folder.relative_to(ROOT)}")
        without = f"-DCOOKIESHOP_UNPROTECTED={PROTECTIONS[name]}"
        command.cmake("--preset", "release", "-B", str(folder), "-DCOOKIESHOP_TESTS=OFF", without)
        command.cmake("--build", str(folder), "--target", "cookieshop")
        programs[name] = folder / "cookieshop"
    os.sched_setaffinity(0, pinned)
    return programs


def instructions_of_a_request(bench: Bench, name: str, program: Path) -> float:
    """In user space, by callgrind: the difference of 4,000 and 1,000 requests."""
    totals = []
    for count in (1_000, 4_000):
        output = bench.folder / f"{name}-{count}.callgrind"
        valgrind = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={output}")
        shop = servers.cookieshop(bench, name=f"{name}-{count}", before=valgrind, program=program)
        session = servers.customer(shop)
        connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30)
        for _ in range(count):
            connection.request("GET", "/checkout", headers={"Cookie": session})
            if connection.getresponse().read()[-8:] != b"</html>\n":
                raise Failure(f"{name} does not answer under callgrind")
        connection.close()
        shop.process.stop()
        totals.append(int(re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.MULTILINE)[1]))
    return (totals[1] - totals[0]) / 3_000


# ---- all of them


@dataclass(frozen=True)
class Part:
    run: Callable[[Bench], Result]
    help: str
    names: tuple[str, ...] = ()  # what --only chooses from


PARTS = {
    "peers": Part(
        peers,
        "the authenticated page with 64 connections, Cookieshop and other servers in turn",
        ("cookieshop", "limit", "nginx", "nginx-debian", *servers.FRAMEWORKS),
    ),
    "connections": Part(
        connections, "the same with 1 to 4,000 connections", ("cookieshop", "limit", "nginx")
    ),
    "sizes": Part(
        sizes, "pages of growing size, from a small basket to the largest asset", ("cookieshop", "limit")
    ),
    "sessions": Part(sessions, "the page of 1 to 100,000 sessions in rotation"),
    "workloads": Part(
        workloads,
        "guests, forged cookies, one and many sessions, sessions that are not in memory, changes",
        ("guest", "forged", "one-session", "many-sessions", "evicted", "mixed", "basket"),
    ),
    "latency": Part(
        latency,
        "how long an answer takes at 25, 50 and 75 % of what the server can do",
        ("cookieshop", "limit"),
    ),
    "threads": Part(threads, "one thread against two, on two cores"),
    "memory": Part(memory, "memory in use over a million requests", ("session", "guest")),
    "cache": Part(cache, "memory in use for a million sessions"),
    "idle": Part(idle, "memory in use for up to 19,000 idle connections", ("cookieshop", "nginx")),
    "start": Part(start, "time from the start to the first answer, with a million sessions in the database"),
    "profile": Part(profile, "where the time of a request goes, by perf", ("cookieshop", "limit")),
    "hardening": Part(hardening, "the page by programs that lack protections of the compiler", tuple(PROTECTIONS)),
    "writes": Part(writes, "new sessions and cache misses of the session store, against bare SQLite"),
    "logins": Part(logins, "logins a second, and what they do to everybody else"),
}
