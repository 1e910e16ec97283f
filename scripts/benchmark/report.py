"""What came of it: medians with the least and the greatest, tables for people, JSON for plots."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

import machine
from load import Case

Row = dict
Rounds = dict[str, list[Row]]  # of each case, by its name


@dataclass
class Result:
    """Of a part: what is written, and what is shown."""

    data: dict
    text: str


@dataclass(frozen=True)
class Column:
    heading: str
    key: str
    show: Callable[[float], str]


def number(digits: int, scale: float = 1) -> Callable[[float], str]:
    return lambda value: f"{value * scale:,.{digits}f}"


RATE = Column("requests/s", "requests_per_second", number(0))
LATENCIES = (
    Column("p50 ms", "p50_ms", number(2)),
    Column("p99 ms", "p99_ms", number(2)),
    Column("p99.9 ms", "p999_ms", number(2)),
)
CPU = (
    Column("CPU µs", "cpu_us", number(2)),
    Column("user", "user_us", number(2)),
    Column("system", "system_us", number(2)),
)
RATIO = Column("ratio", "ratio", number(3))
BYTES = Column("bytes", "answer_bytes", number(0))
RSS = Column("RSS MiB", "rss_bytes", number(1, 2**-20))

CPU_NOTE = "CPU: of the server, all its processes, for each request"


def spread(rows: Sequence[Row], key: str) -> dict[str, float] | None:
    """None when not all rows have it."""
    values = [row[key] for row in rows if row.get(key) is not None]
    if not values or len(values) < len(rows):
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def median(rows: Sequence[Row], key: str) -> float:
    return statistics.median(row[key] for row in rows)


def add_ratios(cases: Sequence[Case], rounds: Rounds) -> None:
    """The CPU time of the case's reference divided by its own, in each round."""
    for case in cases:
        for own, other in zip(rounds[case.name], rounds.get(case.reference, [])):
            own["ratio"] = other["cpu_us"] / own["cpu_us"]


# ---- tables


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> str:
    widths = [max(map(len, column)) for column in zip(headings, *rows)]
    lines = [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))
        )
        for row in [headings, *rows]
    ]
    return "\n".join([*(line.rstrip() for line in lines), *([""] if notes else []), *notes])


def case_table(
    cases: Sequence[Case], rounds: Rounds, columns: Sequence[Column], notes: Sequence[str] = ()
) -> str:
    """Two lines a case: medians; the least and the greatest."""
    rows, marks = [], []
    for case in cases:
        figures = [spread(rounds[case.name], column.key) for column in columns]
        bound = wrk_bound(rounds[case.name])
        if bound:
            idle = 1 - median(rounds[case.name], "server_busy")
            marks.append(f"* wrk was the bottleneck: the core of {case.name} was idle {idle:.0%}")
        medians, spreads = [case.name], [""]
        for column, figure in zip(columns, figures):
            mark = "*" if bound and column is RATE else ""
            medians.append(column.show(figure["median"]) + mark if figure else "-")
            spreads.append(f"{column.show(figure['min'])}–{column.show(figure['max'])}" if figure else "")
        rows += [medians, spreads] if len(rounds[case.name]) > 1 else [medians]
    return table(["", *(column.heading for column in columns)], rows, [*marks, *notes, *others_note(rounds)])


def wrk_bound(rows: Sequence[Row]) -> bool:
    return 2 * sum(row["wrk_bound"] for row in rows) > len(rows)


def others_note(rounds: Rounds) -> list[str]:
    worst = max((row["others"] for rows in rounds.values() for row in rows), default=0)
    if worst < 0.05:
        return []
    return [f"! up to {worst:.0%} of the cores were not the server's or wrk's: measure on a quiet machine"]


# ---- JSON


def case_data(case: Case, rows: Sequence[Row]) -> dict:
    keys = [
        key
        for key, value in rows[0].items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return {
        "name": case.name,
        "server": case.server.name,
        "version": case.server.version,
        "script": case.load.script,
        "connections": case.load.connections,
        "body_bytes": case.page.body_size,
        **case.facts,
        "wrk_bound": wrk_bound(rows),
        "summary": {key: spread(rows, key) for key in keys},
        "rounds": list(rows),
    }


def cases_result(
    cases: Sequence[Case],
    rounds: Rounds,
    columns: Sequence[Column],
    notes: Sequence[str] = (),
    **more: object,
) -> Result:
    data = {"cases": [case_data(case, rounds[case.name]) for case in cases], **more}
    return Result(data, case_table(cases, rounds, columns, notes))


def write(part: str, result: Result, settings: dict, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{part}.json"
    whole = {"part": part, "machine": machine.describe(), "settings": settings, **result.data}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    return path
