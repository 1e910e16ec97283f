"""Scanners that others wrote: wapiti crawls the shop and tries what it knows on all that it finds, sqlmap goes over every
field that reaches the database. What they find must be in the list of false alarms, each with its reason.

They come from thousands of addresses, a new one with each connection: from one address nearly all that they try at the
login would be throttled, and never reach what they mean to try."""

from __future__ import annotations

import ipaddress
import itertools
import json
import re
import shutil
import socket
import socketserver
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator

import servers
from attack import Attack
from machine import ROOT, Failure

# wapiti's modules that need nothing from elsewhere. buster, which asks for 31,545 names, has a run of its own.
MODULES = "backup,blindsql,brute_login_form,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods"
MODULES += ",permanentxss,redirect,shellshock,sql,xss,xxe"

FALSE_ALARMS = {
    r"Secure Headers: .* X-XSS-Protection is not set": "browsers have dropped it; the content security policy does more",
    r"Secure Headers: .* Strict-Transport-Security is not set": "it means nothing over plain HTTP, which this scan speaks;"
    " sent with --secure-cookies always",
    r"Secure Flag cookie: .*": "over plain HTTP it can't be; set with --secure-cookies always",
    r"Cross Site Request Forgery: .* Lack of anti CSRF token": "a visitor without a session has nothing to forge with:"
    " Sec-Fetch-Site and Origin decide, and the forms of a session carry a token",
    r"Cross Site Request Forgery: .* CSRF token 'csrf_token' is not properly checked": "the scanner ends its own session"
    " with a form that it tries, and compares answers to somebody without one; see the promise about wrong tokens",
}

# Valid, or /register refuses it without a look at the database.
PASSWORD = urllib.parse.quote_plus(servers.PASSWORD)

# Every form and address whose fields reach the database; * marks what is tried in a path or a cookie.
FIELDS = {
    "/login": "email=x@example.com&password=x&next=/orders&remember=1",
    "/register": f"email=x@example.com&password={PASSWORD}&password_confirmation={PASSWORD}&next=/orders",
    "/basket": "cookie=linzer&quantity=1",
    "/basket/remove": "cookie=linzer",
    "/settings/sessions/revoke": "session=x&all=x",
    "/settings/password": "current_password=x&password=x&password_confirmation=x",
    "/checkout": "order_token=x",
    "/orders/1*": None,
    "/orders?before=1": None,
    "/login?next=/orders": None,
}

# What buster may find: its list has these names, and others that the shop must not have.
PAGES = {f"/{name}" for name in "basket checkout cookies login logout orders register settings".split()}

# An address with a blank in it is none, and does not reach the database: comments stand for the blanks, before the @.
EMAIL = f"email=x*@example.com&password={PASSWORD}&password_confirmation={PASSWORD}"
EMAIL_OPTIONS = ("--tamper", "space2comment")

TAKEN = "The email address is already registered."
ASKED_MIN = 0.8  # of the addresses tried; the rest has a % that encodes nothing, and is refused for that
THROTTLED_MAX = 0.05  # of what sqlmap sends; more, and it has not tried what it reports on


def scan(attack: Attack) -> None:
    options = ("--registration-limit", "0", "--password-memory", "8KiB", "--password-passes", "1")
    attack.shop = servers.cookieshop(
        attack.bench, *options, "--views", without_logout(attack.bench.folder), core=None
    )
    member = servers.customer(attack.shop)
    berta = servers.customer(attack.shop, "berta@example.com")
    servers.customer(attack.shop, "x@example.com")
    with many_sources(attack.shop) as url:
        for who, cookie in {"a guest": "", "a member": member}.items():
            judge(attack, f"wapiti as {who}", wapiti(attack, url, cookie))
        wrong_tokens(attack, berta)
        for path, fields in FIELDS.items():
            sqlmap(attack, url, path, fields, "" if path in ("/login", "/register") else berta)
        sqlmap(attack, url, "/register", EMAIL, "", *EMAIL_OPTIONS)
        sqlmap(attack, url, "/settings", None, re.sub("=.*", "=x*", berta))
    hidden_pages(attack)
    answer = servers.ask(attack.shop, "/settings", berta)
    attack.promise(answer.status == 200, "the session that sqlmap sent along is alive after it")
    answer = servers.ask(attack.shop, "/healthz")
    attack.promise(answer.status == 200, f"the server is alive after it: {answer.status}")
    log = attack.shop.process.said()
    attack.promise(" error " not in log and " critical " not in log, "its log has no error")


@contextmanager
def many_sources(shop: servers.Server) -> Iterator[str]:
    """The URL of a relay that comes to the shop from another address, 127.1.0.1 and so on, with each connection."""
    first = int(ipaddress.IPv4Address("127.1.0.1"))
    sources = map(str, map(ipaddress.IPv4Address, itertools.count(first)))
    lock = threading.Lock()

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with lock:
                source = next(sources)
            there = ("127.0.0.1", shop.port)
            with suppress(OSError), socket.create_connection(there, 60, (source, 0)) as onward:
                forward = threading.Thread(target=copy, args=(self.request, onward), daemon=True)
                forward.start()
                copy(onward, self.request)
                forward.join()

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128

    with Listener(("127.0.0.1", 0), Relay) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}"
        finally:
            listener.shutdown()


def copy(source: socket.socket, target: socket.socket) -> None:
    """All that comes, and then its end."""
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def without_logout(folder: Path) -> str:
    """The built-in views, but for the button with which a crawler would log itself out."""
    views = folder / "views"
    shutil.copytree(ROOT / "views", views)
    layout = views / "layout.html"
    button = '<form method="post" action="/logout">'
    text = layout.read_text()
    if button not in text:
        raise Failure("views/layout.html has no logout form")
    layout.write_text(text.replace(button, '<form method="get" action="/cookies">'))
    return str(views)


def wapiti(attack: Attack, url: str, cookie: str) -> list[str]:
    """What it found, as "category: METHOD path what"."""
    starts = (
        "/login?next=/orders",
        "/register",
        "/basket",
        "/orders",
        "/settings",
        "/settings/sessions",
    )
    options = [option for start in starts for option in ("--start", url + start)]
    options += ["--header", "Connection: close"]  # each request from another source
    options += ["--header", f"Cookie: {cookie}"] if cookie else []
    attack.bench.say(f"wapiti, {'with' if cookie else 'without'} a session")
    report, _ = run_wapiti(attack, f"{url}/cookies", MODULES, options)
    return [
        f"{category}: {finding['method']} {finding['path']} {finding['info'].strip()}"
        for kind in ("vulnerabilities", "anomalies")
        for category, findings in report[kind].items()
        for finding in findings
    ]


def run_wapiti(attack: Attack, url: str, modules: str, options: list[str]) -> tuple[dict, str]:
    """Its report, and what it printed."""
    folder = attack.bench.folder / "wapiti"
    report = folder / "report.json"
    folder.mkdir(exist_ok=True)
    command = ["wapiti", "--url", url, "--scope", "domain", "--module", modules, *options]
    command += ["--flush-session", "--store-session", folder, "--store-config", folder, "--no-bugreport"]
    command += ["--max-scan-time", str(4 * attack.seconds), "--format", "json", "--output", report]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10 * attack.seconds)
    if not report.exists():
        raise Failure(f"wapiti wrote no report: {done.stdout[-500:]}{done.stderr[-500:]}")
    said = json.loads(report.read_text())
    report.unlink()
    whole = "Max scan time was reached" not in done.stdout
    attack.promise(whole, f"wapiti had time for all its requests{' to find names' if modules == 'buster' else ''}")
    return said, done.stdout


def hidden_pages(attack: Attack) -> None:
    """buster's names of pages that nobody links to: there are those that somebody does link to, and no others."""
    attack.bench.say("wapiti, 31,545 names of pages")
    _, said = run_wapiti(attack, f"{attack.shop.url}/", "buster", [])
    found = set(re.findall(r"Found webpage \S*?//[^/]+(/\S*)", said))
    others = "".join(f", and {path}" for path in sorted(found - PAGES))
    attack.promise(found == PAGES, f"buster: of the shop's pages it found {len(found & PAGES)}" + others)


def judge(attack: Attack, scanner: str, findings: list[str]) -> None:
    reasons = set()
    for finding in findings:
        matching = [reason for pattern, reason in FALSE_ALARMS.items() if re.search(pattern, finding)]
        if not matching:
            attack.promise(False, f"{scanner}: {finding}")
        reasons.update(matching)
    attack.promise(True, f"{scanner}: {len(findings)} findings, {len(reasons)} kinds of false alarm")
    notes = [f"false alarm: {reason}" for reason in sorted(reasons)]
    attack.notes += [note for note in notes if note not in attack.notes]


def wrong_tokens(attack: Attack, cookie: str) -> None:
    """What wapiti means to try, in a session that lives: with neither Sec-Fetch-Site nor Origin the token decides."""
    page = servers.ask(attack.shop, "/settings", cookie).body.decode()
    right = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    forms = [path for path in FIELDS if path.startswith(("/settings/", "/checkout", "/basket"))]
    for path in forms:
        statuses = []
        for token in (right, "wapiti"):
            fields = urllib.parse.urlencode({"csrf_token": token, "session": "x"})
            request = urllib.request.Request(attack.shop.url + path, fields.encode(), {"Cookie": cookie})
            statuses.append(status_of(request))
        holds = statuses[0] != 403 and statuses[1] == 403
        attack.promise(
            holds,
            f"a form for {path} with the right token gets {statuses[0]}, with a wrong one {statuses[1]}",
        )


def status_of(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def sqlmap(attack: Attack, url: str, path: str, fields: str | None, cookie: str, *options: str) -> None:
    traffic = attack.bench.folder / "traffic"
    command = ["sqlmap", "--url", url + path, "--batch", "--flush-session", "--level", "2", "--risk", "2"]
    command += ["--dbms", "sqlite", "--output-dir", attack.bench.folder / "sqlmap", "--disable-coloring"]
    command += ["--headers", "Sec-Fetch-Site: same-origin", "--ignore-code", "*", "--threads", "4"]
    command += ["--ignore-redirects", "--drop-set-cookie", "-t", traffic, *options]
    command += ["--cookie", cookie] if cookie else []
    command += ["--data", fields] if fields else []
    attack.bench.say(f"sqlmap, {path} {fields or ''}")
    said = subprocess.run(command, capture_output=True, text=True, timeout=600).stdout
    clean = "do not appear to be injectable" in said and "is vulnerable" not in said
    found = [line for line in said.split("\n") if "injectable" in line or "CRITICAL" in line]
    what = f"sqlmap: {path} {fields or cookie.split('=')[0]}"
    attack.promise(clean, what + ("" if clean else f": {found[-3:]}"))

    answers = traffic.read_text(errors="replace").split("HTTP response [#")[1:]
    traffic.unlink()
    throttled = sum(bool(re.match(r"\d+\] \(429 ", answer)) for answer in answers)
    attack.promise(
        answers and throttled <= THROTTLED_MAX * len(answers),
        f"{what}: {throttled} of {len(answers)} requests were throttled",
    )
    if fields == EMAIL:
        asked = sum(TAKEN in answer or bool(re.match(r"\d+\] \(303 ", answer)) for answer in answers)
        attack.promise(
            asked >= ASKED_MIN * len(answers),
            f"{what}: {asked} of {len(answers)} reached the database, which had the address or took it",
        )
