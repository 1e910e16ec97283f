"""Pictures of what was measured: from the JSON of the parts, as SVG. The same JSON gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Sequence

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from machine import Failure

plt.rcParams.update(
    {
        "svg.hashsalt": "cookieshop",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": "#e6e6e6",
        "legend.frameon": False,
    }
)

COLORS = {"cookieshop": "#1f6fb4", "limit": "#8a8a8a", "nginx": "#d9822b"}
OTHERS = "#c9ccd1"
PLAIN = FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
CPU_LABEL = "CPU time of the server for a request, µs"


def draw(source: Path, target: Path) -> None:
    """A picture for each part whose results are there."""
    pictures: dict[str, Callable[[dict], Figure]] = {
        "peers": peers,
        "connections": connections,
        "sizes": sizes,
        "sessions": sessions,
        "idle": idle,
    }
    found = {name: source / f"{name}.json" for name in pictures if (source / f"{name}.json").exists()}
    if not found:
        raise Failure(f"there is nothing to draw in {source}: run scripts/bench {' '.join(pictures)} first")
    target.mkdir(parents=True, exist_ok=True)
    for name, path in found.items():
        data = json.loads(path.read_text())
        figure = pictures[name](data)
        figure.text(0.995, 0.01, footnote(data), ha="right", va="bottom", fontsize=8, color="#777777")
        figure.savefig(target / f"{name}.svg", metadata={"Date": None}, facecolor="white")
        plt.close(figure)
        print(f"written: {target / f'{name}.svg'}")


def footnote(data: dict) -> str:
    machine = data["machine"]
    kind = "virtual machine, " if machine["virtual"] else ""
    return (
        f"{kind}{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['date'][:10]}"
    )


def canvas(title: str, x: str, y: str, height: float = 4.2) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(8.3, height), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def whiskers(figures: Sequence[dict]) -> list[list[float]]:
    """How far the least and the greatest are from the medians."""
    return [[one["median"] - one["min"] for one in figures], [one["max"] - one["median"] for one in figures]]


def lines(axes: Axes, data: dict, x: Callable[[dict], float]) -> None:
    """The CPU time of a request, a line a server."""
    for server in dict.fromkeys(case["server"] for case in data["cases"]):
        cases = [case for case in data["cases"] if case["server"] == server]
        cpu = [case["summary"]["cpu_us"] for case in cases]
        axes.errorbar(
            [x(case) for case in cases],
            [one["median"] for one in cpu],
            whiskers(cpu),
            color=COLORS.get(server, OTHERS),
            marker="o",
            markersize=5,
            capsize=3,
            label=server,
        )
    axes.set_ylim(0, 1.12 * max(case["summary"]["cpu_us"]["max"] for case in data["cases"]))
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend()


def peers(data: dict) -> Figure:
    cases = sorted(data["cases"], key=lambda case: -case["summary"]["cpu_us"]["median"])
    figure, axes = canvas("The authenticated page", CPU_LABEL + " (logarithmic)", "", 0.42 * len(cases) + 1.4)
    cpu = [case["summary"]["cpu_us"] for case in cases]
    medians = [one["median"] for one in cpu]
    names = [case["name"] for case in cases]
    colors = [COLORS.get(name, OTHERS) for name in names]
    axes.barh(names, medians, xerr=whiskers(cpu), color=colors, height=0.62, error_kw={"capsize": 3, "lw": 1})
    limit = dict(zip(names, medians)).get("limit")
    for row, (name, one) in enumerate(zip(names, cpu)):
        text = f"{one['median']:,.1f}"
        if limit and name != "limit":
            text += f"   ({one['median'] / limit:,.1f} × limit)"
        axes.text(one["max"] * 1.12, row, text, va="center")
    axes.set_xscale("log")
    axes.set_xlim(1, max(medians) * 9)
    axes.xaxis.set_major_formatter(PLAIN)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure


def connections(data: dict) -> Figure:
    figure, axes = canvas(
        "The authenticated page, by the number of connections", "connections (logarithmic)", CPU_LABEL
    )
    lines(axes, data, lambda case: case["connections"])
    plain_log(axes, sorted({case["connections"] for case in data["cases"]}))
    return figure


def sizes(data: dict) -> Figure:
    figure, axes = canvas("Pages of several sizes", "bytes of the answer, head and body", CPU_LABEL)
    lines(axes, data, lambda case: case["summary"]["answer_bytes"]["median"])
    named = -3_000.0
    for case in (case for case in data["cases"] if case["server"] == "cookieshop"):
        size, cpu = case["summary"]["answer_bytes"]["median"], case["summary"]["cpu_us"]["max"]
        if size - named >= 3_000:  # or the names would overlap
            named = size
            axes.annotate(
                case["page"].split(" ")[0], (size, cpu), (0, 12), textcoords="offset points", ha="center"
            )
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(PLAIN)
    return figure


def sessions(data: dict) -> Figure:
    figure, axes = canvas(
        "The authenticated page, by the number of sessions in rotation", "sessions (logarithmic)", CPU_LABEL
    )
    lines(axes, data, lambda case: case["sessions"])
    plain_log(axes, [case["sessions"] for case in data["cases"]])
    return figure


def idle(data: dict) -> Figure:
    figure, axes = canvas("Idle connections", "open keep-alive connections", "resident memory, MiB")
    for one in data["series"]:
        memory = [size / 2**20 for size in (one["before_bytes"], *one["rss_bytes"])]
        each = one["bytes_a_connection"][-1]
        axes.plot(
            [0, *one["connections"]],
            memory,
            color=COLORS.get(one["name"], OTHERS),
            marker="o",
            markersize=5,
            label=f"{one['name']}: {each:,.0f} bytes more with each connection",
        )
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter(PLAIN)
    axes.legend()
    return figure


def plain_log(axes: Axes, ticks: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(PLAIN)
    axes.minorticks_off()
