"""More work than there is time for."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import machine
import servers
from attack import Attack, attacking
from load import Load
from parts import hashes_per_second
from servers import Server

OTHERS = Load("paced", connections=64, core=None, environment={"RATE": "1000"})

# As if the other user had a machine of his own: he need not wait for a core that the server computes on.
REAL_TIME = ("chrt", "--fifo", "1")

HASHES_QUEUED = 64  # a worker; password_hasher.cpp
HASH = 19 * 2**20  # bytes
WAITING = 32 * 1024  # bytes of a request that waits: what it was read into, and what goes on when it is done
WRITES_QUEUED, WRITES_IN_A_BATCH = 4096, 256  # writer.hpp


# ---- logins


def logins(attack: Attack) -> None:
    users, workers = 2_000, os.cpu_count()
    disk = attack.bench.folder / "disk"
    disk.write_text("0")
    attack.begin(users=users, before=slowed_by(attack, disk))
    possible = hashes_per_second(attack.bench)
    real_time = replace(OTHERS, before=REAL_TIME) if may_be_real_time() else None
    observers = {"": OTHERS} | ({", in real time": real_time} if real_time else {})

    for name, load in observers.items():
        attack.look("before" + name, attack.seconds / 6, load)
    with hashing_elsewhere(attack, seconds=attack.seconds / 3 + 5):
        for name, load in observers.items():
            attack.look("beside hashes of another program" + name, attack.seconds / 6, load)
    usual = login_seconds(attack.shop, attack.page)
    with attacking("paced", "logins", attack.shop, str(2 * possible), users=users, connections=1000) as load:
        time.sleep(3)  # until the queue is full
        for name, observer in observers.items():
            attack.look("overload" + name, (attack.seconds - 4) / len(observers), observer)
        said = load.finish()
    recovered = said["answered_after"] + seconds_until_normal(
        lambda: login_seconds(attack.shop, attack.page), 3 * usual
    )
    flush = int(disk.with_name("disk.longest").read_text()) / 1e6
    for name, load in observers.items():
        attack.look("after" + name, attack.seconds / 6, load)

    attack.notes.append(
        f"{possible:.0f} hashes a second are possible with nothing else to do; twice that is asked for"
    )
    attack.notes.append(f"the disk took {flush:.3f} s at most to flush, and who has a hash waits for that as well")
    describe(attack, said)
    for name in observers:
        attack.promise_ratio("p99_ms", "overload" + name, "before" + name, 3)
    waiting = HASHES_QUEUED * workers + workers
    each = WAITING + workers * HASH // waiting
    attack.promise_memory("overload", "before", waiting, each, "who waits, and the hashes")
    judge(attack, said, waiting, behind=round(flush * possible))
    working = count_working(attack.shop, said["cookies"])
    attack.promise(
        working == len(said["cookies"]) == said["statuses"].get("303", 0) > 0,
        f"{working:,} sessions of {said['statuses'].get('303', 0):,} logins work",
    )
    attack.promise(
        recovered < 5,
        f"a login takes its usual {usual * 1000:.0f} ms × 3 at most {recovered:.1f} s after the load",
    )
    for name in observers:
        attack.promise_ratio("p99_ms", "after" + name, "before" + name, 2)


def may_be_real_time() -> bool:
    return not subprocess.run([*REAL_TIME, "true"], stderr=subprocess.DEVNULL).returncode


@contextmanager
def hashing_elsewhere(attack: Attack, seconds: float) -> Iterator[None]:
    """The same hashes in a program of their own: what they do to others is this machine's."""
    loop = f"end=$(($(date +%s) + {seconds:.0f})); while [ $(date +%s) -lt $end ]; do {machine.tool('store')} hash; done"
    process = attack.bench.start("hashing", ["bash", "-c", loop], None)
    try:
        yield
        process.check_alive()
    finally:
        process.stop()


def login_seconds(shop: Server, page: servers.Page) -> float:
    """How long a login of the other user takes; for ever while it is refused."""
    email = re.search(r"\S+@example\.com", page.markers[0])[0].rstrip(".")
    begin = time.monotonic()
    answer = servers.ask(shop, "/login", form={"email": email, "password": servers.PASSWORD})
    return time.monotonic() - begin if answer.status == 303 else float("inf")


def seconds_until_normal(probe, usual: float) -> float:
    """Since now; sixty at most."""
    begin = time.monotonic()
    while probe() > usual and time.monotonic() < begin + 60:
        time.sleep(0.05)
    return time.monotonic() - begin


def count_working(shop: Server, cookies: list[str]) -> int:
    """For how many of the sessions a page is shown that guests don't get."""
    return sum(b"Logged in as " in page for page in pages(shop, "/settings", cookies))


def pages(shop: Server, path: str, cookies: list[str]) -> Iterator[bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30)
    for cookie in cookies:
        connection.request("GET", path, headers={"Cookie": cookie})
        yield connection.getresponse().read()
    connection.close()


# ---- what both are judged by


def describe(attack: Attack, said: dict) -> None:
    seconds = said["seconds"]
    attack.notes.append(
        f"{said['sent'] / seconds:.0f} requests a second for {seconds:.0f} s: "
        + ", ".join(f"{count:,} × {status}" for status, count in sorted(said["statuses"].items()))
        + f"; done: {said['statuses'].get('303', 0) / seconds:.0f} a second"
    )
    for what in ("right", "refused"):
        if said[what]["count"]:
            attack.notes.append(
                f"{what} answers after {said[what]['p50']:.3f} s (median), {said[what]['p99']:.3f} s (p99),"
                f" {said[what]['max']:.3f} s at most"
            )


def judge(attack: Attack, said: dict, waiting_max: int, behind: int = 0) -> None:
    """`behind`: how many can wait for something else behind the queue."""
    answered = sum(said["statuses"].values())
    attack.promise(
        not said["wrong"] and not said["lost"] and not said["never_answered"] and answered == said["sent"],
        f"all {said['sent']:,} were answered with 303, or 503 and Retry-After: {said['lost']} connections lost,"
        f" {said['never_answered']} without answer, wrong: {said['wrong'] or 'none'}",
    )
    attack.promise(
        said["refused"]["count"] > 0 and not said["late"],
        f"it was too much: {said['refused']['count']:,} were refused (not sent, as too many waited: {said['late']})",
    )
    # Before and behind the queue: what comes in a tenth of a second.
    on_their_way = 0.1 * said["sent"] / said["seconds"]
    attack.promise(
        said["waiting_max"] <= waiting_max + behind + on_their_way,
        f"never more than {said['waiting_max']:,} waited that were accepted; the queue and those at work are"
        f" {waiting_max:,}" + (f", {behind:,} more wait for the disk at times" if behind else ""),
    )


# ---- changes


def slow_disk(attack: Attack) -> None:
    delay, kind, name = 0.5, "pizzelle", "Pizzelle"
    rate = 2 * WRITES_IN_A_BATCH / delay
    users = max(2_000, round(rate * attack.seconds / 40))  # a basket holds 99 of a kind
    disk = attack.bench.folder / "disk"
    disk.write_text("0")
    attack.begin(users=users, before=slowed_by(attack, disk))
    shop = attack.shop
    cookies = servers.first_lines(attack.cookies, users)

    attack.look("before", attack.seconds / 3, OTHERS)
    disk.write_text(f"{delay * 1e6:.0f}")
    with attacking(
        "paced", "baskets", shop, str(rate), cookies=str(cookies), kind=kind, connections=8_000
    ) as load:
        time.sleep(3)
        attack.look("slow disk", attack.seconds - 4, OTHERS)
        disk.write_text("0")
        said = load.finish()
    sessions = [f"session={line}" for line in cookies.read_text().split()]
    recovered = said["answered_after"] + seconds_until_normal(lambda: change_seconds(shop, sessions[0]), 0.1)
    attack.look("after", attack.seconds / 3, OTHERS)

    attack.notes.append(f"each fsync and fdatasync takes {delay:g} s longer")
    describe(attack, said)
    attack.promise_ratio("p99_ms", "slow disk", "before", 3)
    waiting = WRITES_QUEUED + WRITES_IN_A_BATCH
    attack.promise_memory("slow disk", "before", waiting, WAITING, "who waits")
    judge(attack, said, waiting)
    attack.promise(recovered < 5, f"{recovered:.1f} s after the load a change takes less than 0.1 s again")
    attack.promise_ratio("p99_ms", "after", "before", 2)

    # Gone without a chance to write anything more; what was answered must be there, and what was refused must
    # not.
    os.kill(shop.pid, signal.SIGKILL)
    shop.process.popen.wait()
    again = servers.cookieshop(
        attack.bench,
        name="again",
        core=None,
        threads=os.cpu_count(),
        database=attack.cookies.parent / "cookieshop.db",
    )
    wrong = [
        number
        for number, page in enumerate(pages(again, "/basket", sessions[1:]), 1)
        if quantity(page, name) != said["acknowledged"].get(str(number), 0)
    ]
    attack.promise(
        not wrong and sum(said["acknowledged"].values()) > 0,
        f"after kill -9 the baskets hold what was acknowledged, no less and no more: {len(wrong)} of {users - 1:,} differ",
    )


def slowed_by(attack: Attack, disk: Path) -> tuple[str, ...]:
    library = attack.bench.folder / "slow_disk.so"
    source = Path(__file__).with_name("slow_disk.c")
    servers.run_in(attack.bench.folder, "cc", "-O1", "-shared", "-fPIC", "-o", library, source)
    return ("env", f"LD_PRELOAD={library}", f"SLOW_DISK={disk}")


def change_seconds(shop: Server, session: str) -> float:
    begin = time.monotonic()
    answer = servers.ask(shop, "/basket", session, {"cookie": "linzer", "quantity": "1"})
    return time.monotonic() - begin if answer.status == 303 else float("inf")


def quantity(basket: bytes, name: str) -> int:
    found = re.search(rf"(\d+) × {name}", basket.decode())
    return int(found[1]) if found else 0
