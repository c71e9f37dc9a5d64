"""What every nemesis cost, as a table for people and as JSON for programs."""

import json
import math
import os
from dataclasses import asdict, dataclass


@dataclass
class Row:
    """One blow, and what followed."""

    number: int
    nemesis: str
    # From the blow to the first acknowledgement after the longest silence, and that silence itself, seconds.
    back_after: float
    silence: float
    # Until all three members were one cluster again, seconds.
    whole_after: float
    acknowledged: int
    unanswered: dict[str, int]
    restarts: int
    notes: dict


def percentile(values: list[float], share: float) -> float:
    """The smallest value that so large a share does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(rows: list[Row]) -> str:
    """A line for each blow."""
    heads = f"{'nemesis':<13} {'silent s':>8} {'back s':>7} {'whole s':>7} {'acked':>6} {'restarts':>8}  notes"
    lines = [f"{'':>3} {heads}"]
    for row in rows:
        notes = ", ".join(f"{name} {value}" for name, value in (row.notes | row.unanswered).items())
        lines.append(
            f"{row.number:>3} {row.nemesis:<13} {row.silence:>8.1f} {row.back_after:>7.1f} {row.whole_after:>7.1f}"
            f" {row.acknowledged:>6} {row.restarts:>8}  {notes}"
        )
    return "\n".join(lines)


def summary(rows: list[Row], facts: dict, wrong: list[str]) -> dict:
    """All of it."""
    by_nemesis = {}
    for row in rows:
        by_nemesis.setdefault(row.nemesis, []).append(row.back_after)
    figures = {
        name: {
            "times": len(values),
            "back_after_median_s": round(percentile(values, 0.5), 1),
            "back_after_p99_s": round(percentile(values, 0.99), 1),
        }
        for name, values in by_nemesis.items()
    }
    return {"facts": facts, "figures": figures, "wrong": wrong, "rows": [asdict(row) for row in rows]}


def write(path: str, said: dict):
    """As a file, in a folder that is made if it is not there."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(said, file, indent=2)
        file.write("\n")
