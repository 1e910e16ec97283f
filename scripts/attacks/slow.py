"""Slow clients, and many of them."""

from __future__ import annotations

import http.client
import os
import re
import resource
import time
import urllib.parse

import machine
import servers
from attack import Attack, attacking
from load import Load, Prober

OTHERS = Load("paced", connections=16, core=None, environment={"RATE": "500"})

KIB = 1024
HEADER, BODY, ANSWERS = (
    8 * KIB,
    64 * KIB,
    64 * KIB,
)  # the defaults of --max-…, and what is gathered before it is sent
CONNECTION = 4 * KIB  # with all that is allocated for it, generously
LINGER = 2  # seconds that a refused client gets to read the refusal


# ---- slowhttptest

SLOW = {
    # What it does, the bytes that one connection may take meanwhile, and why so many.
    "headers": (["-H", "-x", "24", "-i", "1"], "/login", HEADER + CONNECTION, "a header"),
    "body": (
        ["-B", "-s", "20000", "-x", "64", "-i", "1"],
        "/login",
        HEADER + BODY + CONNECTION,
        "header, body",
    ),
    "read": (
        ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32", "-k", "10"],
        "/cookies",
        2 * HEADER + ANSWERS + BODY + CONNECTION,
        "requests, answers",
    ),
    "range": (["-R", "-t", "HEAD", "-a", "5", "-b", "3000"], "/cookies", HEADER + CONNECTION, "a header"),
}


def slow(attack: Attack) -> None:
    header, body, keep_alive = 5, 8, 10
    attack.begin(
        *("--header-timeout", f"{header}s", "--body-timeout", f"{body}s"),
        *("--keep-alive-timeout", f"{keep_alive}s"),
    )
    shop = attack.shop
    attack.look("before", attack.seconds / 2, OTHERS)
    open_before = machine.sockets(shop.pid)
    for mode, (options, path, each, why) in SLOW.items():
        phase = f"slow {mode}"
        length = attack.seconds + 6
        command = ["slowhttptest", "-c", str(400 * length), "-r", "400", "-l", str(length), "-p", "2"]
        attacker = attack.bench.start(phase, [*command, *options, "-u", shop.url + path], None)
        with attacking("hostile", "watch", shop, each=20) as watch:
            time.sleep(4)  # until there are many
            attack.look(phase, attack.seconds, OTHERS)
            seen = watch.wait()
        attacker.popen.wait(60)
        said = re.sub(r"\x1b\[[\d;]*[a-zA-Z]", "", attacker.said())
        available = re.findall(r"service available:\s+(\w+)", said)
        attack.promise_ratio("p50_ms", phase, "before", 2)
        open_at_once = attack.phases.get(phase, {}).get("sockets", 0)
        attack.promise_memory(phase, "before", open_at_once, each, why)
        attack.promise(
            available and set(available) == {"YES"},
            f"{phase}: slowhttptest found the service available {available.count('YES')} times of {len(available)}",
        )
        settings = {"silent": header, "head": header, "body": body, "keep-alive": keep_alive, "deaf": body}
        for kind, setting in settings.items():
            attack.promise_timeouts(f"{phase}: {WATCHED[kind]}", setting, seen[kind])
    attack.promise_gone(open_before, max(body, keep_alive) * 1.2 + LINGER)
    attack.look("after", attack.seconds / 2, OTHERS)
    attack.promise_ratio("p50_ms", "after", "before", 2)


WATCHED = {
    "silent": "no byte at all",
    "head": "a header, a byte each half second",
    "body": "a body, a byte each half second",
    "keep-alive": "nothing more after an answer",
    "deaf": "answers that are not read",
}


# ---- many who say nothing


def silent(attack: Attack) -> None:
    header = 10
    count = min(19_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1_000)
    attack.begin("--header-timeout", f"{header}s")
    open_before = machine.sockets(attack.shop.pid)
    attack.look("before", attack.seconds / 2, OTHERS)
    phase = f"{count:,} silent"
    with attacking("hostile", "silent", attack.shop, connections=count) as crowd:
        crowd.line()
        attack.look(phase, attack.seconds, OTHERS)
        said = crowd.finish()
    attack.notes.append(f"who is closed comes again: {said['connections']:,} connections in all")
    attack.promise_ratio("p50_ms", phase, "before", 2)
    attack.promise_memory(phase, "before", count, CONNECTION, "a connection")
    attack.promise_timeouts("no byte at all", header, said["lifetimes"])
    attack.promise_gone(open_before, 2)
    attack.look("after", attack.seconds / 2, OTHERS)
    attack.promise_ratio("p50_ms", "after", "before", 2)


# ---- coming and going


def churn(attack: Attack) -> None:
    attack.begin()
    open_before = machine.sockets(attack.shop.pid)
    attack.look("before", attack.seconds / 2, OTHERS)
    with attacking("hostile", "churn", attack.shop, at_once=64) as crowd:
        attack.look("churn", attack.seconds, OTHERS)
        said = crowd.finish()
    attack.notes.append(
        f"{said['connections']:,} connections came and went, {said['a_second']:,.0f} a second"
    )
    attack.promise_ratio("p50_ms", "churn", "before", 2)
    attack.promise_memory("churn", "before", 64, HEADER + ANSWERS, "a connection with a page")
    attack.promise_gone(open_before, 2)
    attack.look("after", attack.seconds / 2, OTHERS)
    attack.promise_ratio("p50_ms", "after", "before", 2)


def vanish(attack: Attack) -> None:
    rate, deaf_for, body = 200, 5, 30
    attack.begin("--body-timeout", f"{body}s", users=1000)
    open_before = machine.sockets(attack.shop.pid)
    attack.look("before", attack.seconds / 2, OTHERS)
    deaf = rate // 20 * deaf_for
    with attacking(
        "hostile", "vanish", attack.shop, rate=rate, logins=20, users=1000, deaf_for=deaf_for
    ) as crowd:
        time.sleep(1)
        attack.look("vanish", attack.seconds, OTHERS)
        said = crowd.finish()
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in said["kinds"].items())
    attack.notes.append(f"they vanished: {kinds}")
    attack.promise_ratio("p50_ms", "vanish", "before", 2)
    # At the default cost two hashes may be under way.
    hashes = 2 * 19 * KIB * KIB
    each = 2 * HEADER + ANSWERS + BODY + CONNECTION + hashes // deaf
    attack.promise_memory("vanish", "before", deaf, each, "who does not read, and the logins")
    attack.promise_gone(open_before, 3)
    attack.look("after", attack.seconds / 2, OTHERS)
    attack.promise_ratio("p50_ms", "after", "before", 2)


# ---- no descriptors left


def descriptors(attack: Attack) -> None:
    limit, crowd_size = 256, 600
    attack.begin("--header-timeout", "300s", before=("prlimit", f"--nofile={limit}:{limit}"))
    shop, page = attack.shop, attack.page
    berta = servers.customer(shop, "berta@example.com")
    inside = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=10)
    inside.request("GET", page.path, headers={"Cookie": page.cookie})
    inside.getresponse().read()
    with Prober(shop, page) as prober:
        with attacking("hostile", "silent", shop, connections=crowd_size) as crowd:
            crowd.line()
            complaint = "cannot accept connections: Too many open files"
            machine.await_line(shop.process, complaint, 5)
            attack.bench.say(f"{crowd_size} connections for {limit} descriptors")
            before, asked = machine.snapshot(shop.pid), prober.asked
            begin = time.monotonic()
            time.sleep(attack.seconds)
            seconds = time.monotonic() - begin
            busy = machine.cpu_between(before, machine.snapshot(shop.pid)).total / seconds
            asked = prober.asked - asked
            statuses = [
                post(inside, "/basket", berta, {"cookie": "pizzelle", "quantity": "1"}),
                post(inside, "/login", "", {"email": "berta@example.com", "password": servers.PASSWORD}),
            ]
            used = len(os.listdir(f"/proc/{shop.pid}/fd"))
        begin = time.monotonic()
        fresh = servers.ask(shop, page.path, page.cookie)
        waited = time.monotonic() - begin
    lines = shop.process.said().count(complaint)
    attack.promise(used >= limit - 2, f"{used} of {limit} descriptors are in use while {crowd_size} want one")
    attack.promise(1 <= lines <= 20, f"the log says so, in {lines} lines")
    attack.promise(busy < 0.1, f"it does not spin: {busy:.1%} of a core over {seconds:.0f} s")
    attack.promise(
        not prober.problem and asked > 5 * attack.seconds,
        f"who is in is served: {asked} answers of {attack.seconds * 10}, {prober.problem or 'all right'}",
    )
    attack.promise(statuses == [303, 303], f"who is in changes a basket and logs in: {statuses}")
    attack.promise(
        fresh.status == 200 and waited < 1,
        f"as soon as some have gone, a new one is served: {fresh.status} after {waited:.2f} s",
    )


def post(connection: http.client.HTTPConnection, path: str, cookie: str, form: dict[str, str]) -> int:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    connection.request(
        "POST", path, urllib.parse.urlencode(form), headers | ({"Cookie": cookie} if cookie else {})
    )
    answer = connection.getresponse()
    answer.read()
    return answer.status
