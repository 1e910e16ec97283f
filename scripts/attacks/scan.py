"""Scanners that others wrote: wapiti crawls the shop and tries what it knows on all that it finds, sqlmap goes over every
field that reaches the database. What they find must be in the list of false alarms, each with its reason."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import servers
from attack import Attack
from machine import ROOT, Failure

# wapiti's modules that need nothing from elsewhere.
MODULES = (
    "backup,blindsql,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect"
)
MODULES += ",shellshock,sql,xss,xxe"

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

# Every field that reaches the database, as nobody and as somebody; * marks what is tried in a path or a cookie.
FIELDS = {
    "/login": "email=x@example.com&password=x&next=/orders&remember=1",
    "/register": "email=x@example.com&password=x&password_confirmation=x&next=/orders",
    "/basket": "cookie=linzer&quantity=1",
    "/basket/remove": "cookie=linzer",
    "/settings/sessions/revoke": "session=x&all=x",
    "/settings/password": "current_password=x&password=x&password_confirmation=x",
    "/checkout": "order_token=x",
    "/orders/1*": None,
    "/orders?before=1": None,
    "/login?next=/orders": None,
}


def scan(attack: Attack) -> None:
    options = ("--registration-limit", "0", "--password-memory", "8KiB", "--password-passes", "1")
    attack.shop = servers.cookieshop(
        attack.bench, *options, "--views", without_logout(attack.bench.folder), core=None
    )
    member = servers.customer(attack.shop)
    for who, cookie in {"a guest": "", "a member": member}.items():
        judge(attack, f"wapiti as {who}", wapiti(attack, cookie))
    berta = servers.customer(attack.shop, "berta@example.com")
    wrong_tokens(attack, berta)
    for path, fields in FIELDS.items():
        sqlmap(attack, path, fields, berta)
    sqlmap(attack, "/settings", None, re.sub("=.*", "=x*", berta))
    answer = servers.ask(attack.shop, "/healthz")
    attack.promise(answer.status == 200, f"the server is alive after it: {answer.status}")
    log = attack.shop.process.said()
    attack.promise(" error " not in log and " critical " not in log, "its log has no error")


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


def wapiti(attack: Attack, cookie: str) -> list[str]:
    """What it found, as "category: METHOD path what"."""
    url, folder = attack.shop.url, attack.bench.folder / "wapiti"
    report = folder / "report.json"
    folder.mkdir(exist_ok=True)
    command = ["wapiti", "--url", f"{url}/cookies", "--scope", "domain", "--module", MODULES]
    for start in (
        "/login?next=/orders",
        "/register",
        "/basket",
        "/orders",
        "/settings",
        "/settings/sessions",
    ):
        command += ["--start", url + start]
    command += ["--flush-session", "--store-session", folder, "--store-config", folder, "--no-bugreport"]
    command += ["--max-scan-time", str(attack.seconds), "--format", "json", "--output", report]
    command += ["--header", f"Cookie: {cookie}"] if cookie else []
    attack.bench.say(f"wapiti, {'with' if cookie else 'without'} a session")
    done = subprocess.run(command, capture_output=True, text=True, timeout=10 * attack.seconds)
    if not report.exists():
        raise Failure(f"wapiti wrote no report: {done.stdout[-500:]}{done.stderr[-500:]}")
    said = json.loads(report.read_text())
    report.unlink()
    return [
        f"{category}: {finding['method']} {finding['path']} {finding['info'].strip()}"
        for kind in ("vulnerabilities", "anomalies")
        for category, findings in said[kind].items()
        for finding in findings
    ]


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


def sqlmap(attack: Attack, path: str, fields: str | None, cookie: str) -> None:
    command = ["sqlmap", "--url", attack.shop.url + path, "--batch", "--flush-session", "--level", "2"]
    command += [
        "--risk",
        "2",
        "--dbms",
        "sqlite",
        "--output-dir",
        attack.bench.folder / "sqlmap",
        "--disable-coloring",
    ]
    command += [
        "--cookie",
        cookie,
        "--headers",
        "Sec-Fetch-Site: same-origin",
        "--ignore-code",
        "*",
        "--threads",
        "4",
    ]
    command += (
        ["--ignore-redirects", "--drop-set-cookie", "--data", fields]
        if fields
        else ["--ignore-redirects", "--drop-set-cookie"]
    )
    attack.bench.say(f"sqlmap, {path} {fields or ''}")
    said = subprocess.run(command, capture_output=True, text=True, timeout=600).stdout
    clean = "do not appear to be injectable" in said and "is vulnerable" not in said
    found = [line for line in said.split("\n") if "injectable" in line or "CRITICAL" in line]
    attack.promise(
        clean, f"sqlmap: {path} {fields or cookie.split('=')[0]}" + ("" if clean else f": {found[-3:]}")
    )
