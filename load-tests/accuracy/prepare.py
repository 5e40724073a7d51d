#!/usr/bin/env python3
"""Simulate the days and write what `cargo xtask bench accuracy` reads.

usage: prepare.py SOURCE OUT

SOURCE has `build.py` and the packed networks. OUT gets `days/` (the simulation), `network.json`, and a folder for each
day with `vehicles.jsonl.gz`, `detectors.jsonl.gz` and, where it is scored, `truth_60s.csv`, `truth_300s.csv` (edge,
window, speed in km/h), `flow_hour.csv` (edge, cars), `flow_300s.csv` (edge, window, cars), `emission_300s.csv` and
`emission_types_300s.csv` (edge, window, class of the latter, g of CO2 and NOx, seconds, km/h, whether it is scored by itself of the former) and `baselines.csv`
(history days, case, quantity, figure). `rates.csv` is how classes emit by speed on the day before, `shares.csv` how much
of its time they are. What is there already, made by these very scripts, is kept.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pandas as pd

import days
import emission
import feeds
import streets
from truth import HOUR, Truth, baselines

# History of the baseline's rule (one day), and of all days.
HISTORIES = (1, len(days.HISTORY))


def fingerprint() -> str:
    """Tells these scripts from others."""
    modules = ("days", "disturb", "emission", "feeds", "prepare", "streets", "truth")
    content = b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in modules)
    return hashlib.sha256(content).hexdigest()


def write_truth(truth: Truth, folder: Path) -> None:
    """All that a day is scored against."""
    for step in (60, 300):
        scored = truth.speeds(step)
        scored.to_csv(folder / f"truth_{step}s.csv", index=False, columns=["edge", "t", "speed"])
    truth.flow().rename("cars").to_csv(folder / "flow_hour.csv")
    emitted = emission.marked(truth)
    emitted["scored"] = emitted.scored.astype(int)
    columns = ["edge", "t", "co2_g", "nox_g", "seconds", "speed"]
    emitted.to_csv(folder / "emission_300s.csv", index=False, columns=[*columns, "scored"])
    types = emission.windows(truth.cars, ("type",)).merge(emitted[emitted.scored == 1][["edge", "t"]], on=["edge", "t"])
    types["type"] = types.type.map(emission.CLASSES)
    types.to_csv(folder / "emission_types_300s.csv", index=False, columns=["edge", "t", "type", *columns[2:]])
    truth.five_minutes().to_csv(folder / "flow_300s.csv", index=False, columns=["edge", "t", "vehicles"])


def write_baselines(truth: Truth, past: list[Truth], day_folder: Path, folder: Path) -> None:
    """Naive estimates from the same data."""
    minutes = feeds.detector_minutes(day_folder / "e1.xml")
    in_hour = minutes[(minutes.begin >= HOUR[0]) & (minutes.begin < HOUR[1])]
    counted = in_hour.groupby("edge")["count"].sum()
    rows = [
        (history, *row) for history in HISTORIES for row in baselines(truth, past[len(past) - history :], counted)
    ]
    rows += [(history, *row) for row in emission.baselines(truth, past[-1]) for history in HISTORIES]
    columns = ["history_days", "case", "quantity", "figure"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "baselines.csv", index=False)


def prepare(source: Path, out: Path) -> None:
    """Everything that is missing."""
    simulated = out / "days"
    days.unpack(source, simulated / "source")
    for day in (*days.HISTORY, *days.SCORED):
        days.simulate(simulated / "source", day, simulated / day.name)
    stamp = out / "stamp"
    if stamp.exists() and stamp.read_text() == fingerprint():
        return
    network = streets.Streets(simulated / "source" / "hel.net.xml")
    streets.write(network, out / "network.json")
    past: list[Truth] = []
    for day in (*days.HISTORY, *days.SCORED):
        print(f"{day.name}: writing feeds and truth", file=sys.stderr, flush=True)
        part = out / f"{day.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        table = days.load(simulated / day.name)
        feeds.write_vehicles(network, day, table, part / "vehicles.jsonl.gz")
        feeds.write_detectors(network, day, simulated / day.name, part / "detectors.jsonl.gz")
        truth = Truth(network, table)
        if day in days.HISTORY:
            past.append(truth)
            if day is days.HISTORY[-1]:
                emission.rates(truth).to_csv(out / "rates.csv", index=False)
                emission.shares(truth).to_csv(out / "shares.csv", index=False)
        else:
            write_truth(truth, part)
            write_baselines(truth, past, simulated / day.name, part)
        shutil.rmtree(out / day.name, ignore_errors=True)
        os.replace(part, out / day.name)
    stamp.write_text(fingerprint())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    prepare(Path(sys.argv[1]), Path(sys.argv[2]).resolve())
