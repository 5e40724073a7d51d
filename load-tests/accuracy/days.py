"""Simulate the days that estimates are scored against.

A day is two hours of a weekday morning, 07:00 to 09:00 local time. Days that are there already are kept.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import sumo

from disturb import disturb


@dataclass(frozen=True)
class Day:
    """What a simulated day is made from, and when it is said to have been."""

    name: str
    seed: int
    # Vehicles an hour at the peak.
    peak: int
    # Date of the feed: history lies whole weeks before the days that are scored.
    date: str


HISTORY = (
    Day("seed13", 13, 2200, "2026-09-08"),
    Day("seed12", 12, 2200, "2026-09-15"),
    Day("seed11", 11, 2200, "2026-09-22"),
    Day("train", 2, 2200, "2026-09-29"),
)

SCORED = (
    Day("test", 1, 2200, "2026-10-06"),
    Day("seed3", 3, 2200, "2026-10-06"),
    Day("seed4", 4, 2200, "2026-10-06"),
    Day("disturbed", 5, 2640, "2026-10-06"),
)

# 07:00 in Helsinki, in summer time.
START = "04:00:00Z"

NUMBERS = ["pos", "speed", "x", "y"]
WORDS = ["id", "type", "lane"]

SOURCE_FILES = ("hel.osm", "hel.net.xml")


def unpack(source: Path, folder: Path) -> None:
    """Put the scenario's script beside its unpacked network, where it looks for it."""
    if all((folder / name).exists() for name in ("build.py", *SOURCE_FILES)):
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "build.py", folder / "build.py")
    for name in SOURCE_FILES:
        part = folder / f"{name}.part"
        with gzip.open(source / f"{name}.gz", "rb") as packed, open(part, "wb") as plain:
            shutil.copyfileobj(packed, plain)
        os.replace(part, folder / name)


def read_emissions(path: Path) -> pd.DataFrame:
    """SUMO's emission output as a table: every vehicle of every second."""
    attribute = re.compile(r'(\w+)="([^"]*)"')
    columns: dict[str, list] = {name: [] for name in ["t", *WORDS, *NUMBERS]}
    time = 0
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if "<timestep" in line:
                time = int(float(dict(attribute.findall(line))["time"]))
            elif "<vehicle" in line:
                values = dict(attribute.findall(line))
                columns["t"].append(time)
                for name in WORDS + NUMBERS:
                    columns[name].append(values[name])
    table = pd.DataFrame(columns)
    table["t"] = table.t.astype(np.int32)
    for name in NUMBERS:
        table[name] = table[name].astype(np.float32)
    table["edge"] = table.lane.str.rsplit("_", n=1).str[0]
    for name in [*WORDS, "edge"]:
        table[name] = table[name].astype("category")
    return table


def simulate(source: Path, day: Day, folder: Path) -> None:
    """One day: demand, simulation, table.

    `folder` gets `emis.parquet` (t in s since 07:00, id, type, edge, lane, pos in m, speed in m/s, x and y in m)
    and `e1.xml` (the detectors' minutes).
    """
    table_path = folder / "emis.parquet"
    if table_path.exists():
        return
    print(f"{day.name}: simulating", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SUMO_HOME": sumo.SUMO_HOME}
    command = [sys.executable, str(source / "build.py"), str(folder), str(day.seed), str(day.peak)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    if day.name == "disturbed":
        disturb(folder)
    simulator = Path(sumo.SUMO_HOME) / "bin" / "sumo"
    with open(folder / "sumo.log", "wb") as log:
        command = [str(simulator), "-c", str(folder / "run.sumocfg")]
        subprocess.run(command, check=True, env=environment, stdout=log, stderr=log)
    part = folder / "emis.part"
    read_emissions(folder / "emis1s.xml.gz").to_parquet(part, compression="zstd")
    os.replace(part, table_path)
    # Large, and nothing reads them.
    for name in ("emis1s.xml.gz", "fcd.xml.gz", "emis300.xml"):
        (folder / name).unlink(missing_ok=True)


# Of a vehicle and second; emissions are in mg.
COLUMNS = ["t", "id", "type", "edge", "speed", "x", "y"]


def load(folder: Path) -> pd.DataFrame:
    """The table of a day, by vehicle and time, with `bus`."""
    table = pd.read_parquet(folder / "emis.parquet", columns=[*COLUMNS, "CO2", "NOx"])
    table["bus"] = table.type.astype(str).str.startswith("bus")
    for name in ("id", "edge", "type"):
        table[name] = table[name].astype(str)
    return table.sort_values(["id", "t"], kind="stable").reset_index(drop=True)
