"""Lets the modules of this kit import those of scripts/benchmark, on which it is built."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmark"))
