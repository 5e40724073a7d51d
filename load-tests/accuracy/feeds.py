"""What a city would see of a day, in the format `tilanne_json`: a line for every vehicle and second, and for every
detector and minute. Who reports, and how often, is chosen by the reader."""

import gzip
import json
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

import days
from streets import Streets, at

# Noise of positions: standard deviation along each axis, m, and correlation from second to second.
NOISE = 5.0
CORRELATION = 0.9
NOISE_SEED = 42

# Little is gained by packing harder, and it takes long.
PACKING = 1


def noise(vehicle: np.ndarray) -> np.ndarray:
    """AR(1) noise in m for rows sorted by vehicle and time, starting anew with each vehicle."""
    random = np.random.default_rng(NOISE_SEED)
    first = np.r_[True, vehicle[1:] != vehicle[:-1]]
    fresh = random.normal(0, NOISE, (len(vehicle), 2))
    scale = np.where(first, 1.0, np.sqrt(1 - CORRELATION**2))
    kept = np.where(first, 0.0, CORRELATION)
    result = np.empty_like(fresh)
    for axis in (0, 1):
        value = 0.0
        values = []
        for new, keep in zip((fresh[:, axis] * scale).tolist(), kept.tolist()):
            value = keep * value + new
            values.append(value)
        result[:, axis] = values
    return result


def instants(day: days.Day, last: int) -> list[str]:
    """RFC 3339 of every second of the day up to `last`."""
    start = datetime.fromisoformat(f"{day.date}T{days.START.replace('Z', '+00:00')}")
    return [(start + timedelta(seconds=t)).strftime("%Y-%m-%dT%H:%M:%SZ") for t in range(last + 1)]


def write_vehicles(streets: Streets, day: days.Day, table: pd.DataFrame, path: Path) -> None:
    """Every vehicle of every second, by time."""
    error = noise(table.id.to_numpy())
    x = (table.x.to_numpy() + error[:, 0]).round(1) - streets.offset[0]
    y = (table.y.to_numpy() + error[:, 1]).round(1) - streets.offset[1]
    longitude, latitude = streets.to_globe.transform(x, y)
    order = np.argsort(table.t.to_numpy(), kind="stable")
    when = instants(day, int(table.t.max()))
    columns = zip(
        table.id.to_numpy()[order].tolist(),
        table.t.to_numpy()[order].tolist(),
        table.bus.to_numpy()[order].tolist(),
        latitude[order].tolist(),
        longitude[order].tolist(),
        (table.speed.to_numpy()[order].astype(float) * 3.6).tolist(),
    )
    with gzip.open(path, "wt", compresslevel=PACKING, encoding="utf-8") as file:
        for vehicle, t, bus, north, east, speed in columns:
            mode = "bus" if bus else "car"
            file.write(
                f'{{"vehicle":"{vehicle}","time":"{when[t]}","mode":"{mode}",'
                f'"latitude_deg":{north:.7f},"longitude_deg":{east:.7f},"speed_km_h":{speed:.2f}}}\n'
            )


def detector_minutes(path: Path) -> pd.DataFrame:
    """Minutes of each lane's detector: edge, begin in s, count, speed in m/s, occupancy in percent."""
    rows = [
        (
            interval.attrib["id"].removeprefix("e1_").rsplit("_", 1)[0],
            int(float(interval.attrib["begin"])),
            float(interval.attrib["nVehContrib"]),
            float(interval.attrib["speed"]),
            float(interval.attrib["occupancy"]),
        )
        for interval in ET.parse(path).getroot()
    ]
    return pd.DataFrame(rows, columns=["edge", "begin", "count", "speed", "occupancy"])


def write_detectors(streets: Streets, day: days.Day, folder: Path, path: Path) -> None:
    """One station for each edge that has detectors, its lanes together: where it is, then its minutes by time."""
    minutes = detector_minutes(folder / "e1.xml")
    # A lane without a vehicle says -1.
    minutes["sum"] = minutes["count"] * minutes.speed.clip(lower=0)
    stations = minutes.groupby(["begin", "edge"]).agg(
        count=("count", "sum"), sum=("sum", "sum"), occupancy=("occupancy", "mean")
    )
    when = instants(day, int(minutes.begin.max()) + 60)
    with gzip.open(path, "wt", compresslevel=PACKING, encoding="utf-8") as file:
        for edge in sorted(minutes.edge.unique()):
            places = [at(lane, 0.5) for lane in streets.edges[edge].lanes]
            point = tuple(sum(place[0][axis] for place in places) / len(places) for axis in (0, 1))
            longitude, latitude = streets.positions([point])[0]
            place = {"latitude_deg": latitude, "longitude_deg": longitude, "bearing_deg": round(places[0][1], 1)}
            file.write(json.dumps({"station": edge, "time": when[0], "name": edge, **place}) + "\n")
        for (begin, edge), row in stations.iterrows():
            report = {
                "station": edge,
                "time": when[begin + 60],
                "direction": 1,
                "window_s": 60,
                "flow_veh_h": row["count"] * 60,
                "occupancy_percent": round(row["occupancy"], 2),
            }
            if row["count"] > 0:
                report["speed_km_h"] = round(row["sum"] / row["count"] * 3.6, 2)
            file.write(json.dumps(report) + "\n")
