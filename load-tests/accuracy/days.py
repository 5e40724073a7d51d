#!/usr/bin/env python3
"""Simulate the days that estimates are scored against.

usage: days.py SOURCE OUT [DAY ...]

SOURCE is the folder with `build.py` and the packed networks; OUT gets `source/` (a copy of it, with the
network unpacked) and a folder for each day with `emis.parquet`: every vehicle of every second (t in s since
07:00, id, type, edge, lane, pos in m, speed in m/s, x and y in m), and `e1.xml`: the detectors' minutes.
A day that is there already is kept.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import sumo

# Name, seed, vehicles an hour at the peak.
DAYS = {
    "train": (2, 2200),
    "test": (1, 2200),
    "seed3": (3, 2200),
    "seed4": (4, 2200),
    "disturbed": (5, 2640),
}

NUMBERS = ["pos", "speed", "CO2", "NOx", "PMx", "electricity", "x", "y"]
WORDS = ["id", "type", "lane"]


def unpack(source: Path, out: Path) -> Path:
    """The scripts beside the unpacked network, where they look for it."""
    folder = out / "source"
    if (folder / "hel.net.xml").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "build.py", folder / "build.py")
    for name in ("hel.osm", "hel.net.xml"):
        with gzip.open(source / f"{name}.gz", "rb") as packed, open(folder / f"{name}.part", "wb") as plain:
            shutil.copyfileobj(packed, plain)
        os.replace(folder / f"{name}.part", folder / name)
    return folder


def read_emissions(path: Path) -> pd.DataFrame:
    """SUMO's emission output as a table."""
    attribute = re.compile(r'(\w+)="([^"]*)"')
    columns: dict[str, list] = {name: [] for name in ["t", *WORDS, *NUMBERS]}
    time = 0
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if "<timestep" in line:
                time = int(float(attribute.search(line).group(2)))
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


def simulate(folder: Path, day: str, out: Path) -> None:
    """One day: demand, simulation, table."""
    seed, peak = DAYS[day]
    target = out / day
    if (target / "emis.parquet").exists():
        return
    target.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SUMO_HOME": sumo.SUMO_HOME}
    command = [sys.executable, str(folder / "build.py"), str(target), str(seed), str(peak)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    if day == "disturbed":
        from disturb import disturb

        disturb(target)
    simulator = Path(sumo.SUMO_HOME) / "bin" / "sumo"
    log = target / "sumo.log"
    with open(log, "wb") as output:
        command = [str(simulator), "-c", str(target / "run.sumocfg")]
        subprocess.run(command, check=True, env=environment, stdout=output, stderr=output)
    table = read_emissions(target / "emis1s.xml.gz")
    table.to_parquet(target / "emis.part", compression="zstd")
    os.replace(target / "emis.part", target / "emis.parquet")
    for name in ("emis1s.xml.gz", "fcd.xml.gz", "emis300.xml"):
        (target / name).unlink(missing_ok=True)
    print(f"{day}: {table.id.nunique()} vehicles, {len(table)} vehicle-seconds")


def main() -> None:
    source, out = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    folder = unpack(source, out)
    for day in sys.argv[3:] or DAYS:
        simulate(folder, day, out)


if __name__ == "__main__":
    main()
