#!/usr/bin/env python3
"""Map matching of noisy fixes whose true street is known: prepare, let others match them too, and score.

usage: matching.py fixes SOURCE OUT
       matching.py meili | fastmm OUT EXTRACT.osm.pbf
       matching.py score OUT NAME
       matching.py recorded-meili | recorded-fastmm OUT EXTRACT.osm.pbf

SOURCE is the folder with the packed network and `data/`. `fixes` writes OUT/fixes.csv and OUT/edges.json, which all
the rest reads. A matcher writes OUT/NAME-STEP.csv for each sampling step: row of the fix, lon, lat and the headings
in degrees at the beginning and the end of the matched edge; rows it knows no street for are missing. The matchers
here also write OUT/NAME.json with fixes a second. `score` prints for each step, as JSON, the share of right answers.

Right is: the point lies within 6 m of the link the vehicle was truly on, and one of the two headings is within 75
degrees of that link's there. Seconds inside junctions are left out, and so are vehicles with fewer than three fixes.

Recorded drives, whose ways are known and not their places, are OUT/recorded-fixes.csv (trace, seconds, lon, lat) on
OUT/recorded-links.csv and the extract of the same ways. What is driven in them goes to OUT/recorded-NAME.csv: trace
and way of the extract for `recorded-meili`, trace and link for `recorded-fastmm`.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STEPS = (1, 10, 30)
NEAR_M = 6
TURN_DEG = 75
# The simulation's plane: UTM zone 35, moved.
UTM = "+proj=utm +zone=35 +ellps=WGS84 +datum=WGS84 +units=m"
OFFSET = (385424.12, 6671459.42)
# Deviation of the fixes, and how far from them a street is looked for, m: the same for all that take it.
ERROR_M = 5
SEARCH_M = 30


def transformer(to_degrees: bool):
    import pyproj

    crs = (UTM, "EPSG:4326") if to_degrees else ("EPSG:4326", UTM)
    return pyproj.Transformer.from_crs(*crs, always_xy=True)


def to_plane(lon, lat):
    x, y = transformer(False).transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.asarray(x) - OFFSET[0], np.asarray(y) - OFFSET[1]


def write_whole(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    os.replace(part, path)


def prepare(source: Path, out: Path) -> None:
    """The fixes in degrees, vehicle by vehicle, each with its true link; and the links' shapes."""
    import pandas as pd
    import sumo

    sys.path.insert(0, sumo.SUMO_HOME + "/tools")
    import sumolib

    fixes = pd.read_parquet(source / "data/probes_noisy_10pct_plus_buses.parquet")
    truth = pd.read_parquet(source / "data/probes_truth_lane.parquet")
    truth["edge"] = truth.lane.astype(str).str.rsplit("_", n=1).str[0]
    for table in (fixes, truth):
        table["id"] = table.id.astype(str)
    data = fixes.merge(truth[["t", "id", "edge"]], on=["t", "id"]).sort_values(["id", "t"])
    x, y = (data[axis].to_numpy(float) for axis in "xy")
    data["lon"], data["lat"] = transformer(True).transform(x + OFFSET[0], y + OFFSET[1])
    data["bus"] = data.bus.astype(int)
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder) / "hel.net.xml"
        network.write_bytes(gzip.decompress((source / "hel.net.xml.gz").read_bytes()))
        edges = sumolib.net.readNet(str(network)).getEdges()
        shapes = {edge.getID(): [list(point[:2]) for point in edge.getShape()] for edge in edges}
    write_whole(out / "edges.json", json.dumps(shapes))
    columns = ["id", "bus", "t", "lon", "lat", "speed", "edge"]
    data["speed"] = data.speed.map("{:.2f}".format)
    write_whole(out / "fixes.csv", data[columns].to_csv(index=False, float_format="%.8f"))


def vehicles(out: Path, step: int):
    """Each vehicle's fixes at one sampling, as (row, fix) pairs."""
    with open(out / "fixes.csv", newline="") as lines:
        rows = list(csv.DictReader(lines))
    begin = 0
    while begin < len(rows):
        end = begin
        while end < len(rows) and rows[end]["id"] == rows[begin]["id"]:
            end += 1
        chosen = [(row, rows[row]) for row in range(begin, end, step)]
        if len(chosen) >= 3:
            yield chosen
        begin = end


def write_answers(out: Path, name: str, step: int, answers: list) -> None:
    lines = [f"{row},{lon:.8f},{lat:.8f},{begin:.1f},{end:.1f}\n" for row, lon, lat, begin, end in answers]
    write_whole(out / f"{name}-{step}.csv", "".join(lines))


def bends_deg(line):
    """Headings at the beginning and the end of a polyline."""
    steps = np.diff(line, axis=0)
    steps = steps[np.hypot(steps[:, 0], steps[:, 1]) > 0]
    return tuple(float(np.degrees(np.arctan2(x, y)) % 360) for x, y in (steps[0], steps[-1]))


def meili_actor(folder: Path, extract: Path, breakage_m: float):
    """Valhalla on an extract; Meili begins a new trace where fixes are farther apart than a distance."""
    import valhalla
    from valhalla import valhalla_build_config

    def plain(value):
        if not isinstance(value, dict):
            return value
        return {key: plain(inner) for key, inner in value.items() if type(inner).__name__ != "Optional"}

    settings = plain(valhalla_build_config.config)
    for key in ("traffic_extract", "admin", "timezone", "landmarks", "transit_dir", "transit_feeds_dir"):
        settings["mjolnir"].pop(key, None)
    settings["mjolnir"].update(tile_dir=f"{folder}/tiles", tile_extract="")
    settings["service_limits"]["trace"].update(max_shape=100_000, max_distance=1e7)
    settings["meili"]["default"]["breakage_distance"] = breakage_m
    os.makedirs(f"{folder}/tiles")
    config = folder / "valhalla.json"
    config.write_text(json.dumps(settings, default=str))
    tool = Path(valhalla.__file__).with_name("bin") / "valhalla_build_tiles"
    # It writes a list of odd ways into the folder where it runs.
    command = [str(tool), "-c", str(config), str(extract.resolve())]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return valhalla.Actor(json.loads(config.read_text()))


def meili(out: Path, extract: Path) -> None:
    """Valhalla's matcher, told the true deviation of the fixes."""
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        actor = meili_actor(Path(folder), extract, 2_000)
        wanted = ["matched.edge_index", "matched.point", "edge.begin_heading", "edge.end_heading"]
        for step in STEPS:
            spent, count, answers = 0.0, 0, []
            for chosen in vehicles(out, step):
                request = {
                    "shape": [{"lat": float(f["lat"]), "lon": float(f["lon"]), "time": int(f["t"])} for _, f in chosen],
                    "costing": "bus" if chosen[0][1]["bus"] == "1" else "auto",
                    "shape_match": "map_snap",
                    "use_timestamps": True,
                    "trace_options": {"gps_accuracy": ERROR_M, "search_radius": SEARCH_M},
                    "filters": {"action": "include", "attributes": wanted},
                }
                start = time.perf_counter()
                answer = actor.trace_attributes(request)
                spent += time.perf_counter() - start
                count += len(chosen)
                edges = answer["edges"]
                for (row, _), point in zip(chosen, answer["matched_points"]):
                    index = point.get("edge_index")
                    edge = edges[index] if index is not None and index < len(edges) else {}
                    headings = (edge.get("begin_heading", np.nan), edge.get("end_heading", np.nan))
                    answers.append((row, point["lon"], point["lat"], *headings))
            write_answers(out, "meili", step, answers)
            rates[step] = count / spent
    write_whole(out / "meili.json", json.dumps(rates))


def fastmm(out: Path) -> None:
    """fastmm on our links (OUT/links.csv), cars without the links of buses. It knows no turn restrictions."""
    import fastmm as library

    links = {}
    with open(out / "links.csv", newline="") as lines:
        for number, begin, end, bus, *line in csv.reader(lines):
            points = np.array(line, float).reshape(-1, 2)
            points = np.column_stack(to_plane(points[:, 0], points[:, 1]))
            links[int(number)] = (int(begin), int(end), bus == "1", points, bends_deg(points))
    networks = {}
    for bus in ("0", "1"):
        networks[bus] = library.Network()
        for number, (begin, end, for_buses, points, _) in links.items():
            if bus == "1" or not for_buses:
                networks[bus].add_edge(number, source=begin, target=end, geom=[tuple(point) for point in points.tolist()])
        networks[bus].finalize()
    back = transformer(True)
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            # As far as a vehicle gets at 20 m/s, and round a block.
            reach_m = 300.0 + 20.0 * step
            matchers = {
                bus: library.FastMapMatch(
                    network,
                    library.TransitionMode.SHORTEST,
                    max_distance_between_candidates=reach_m,
                    cache_dir=Path(folder) / bus,
                )
                for bus, network in networks.items()
            }
            spent, count, answers = 0.0, 0, []
            for chosen in vehicles(out, step):
                x, y = to_plane([f["lon"] for _, f in chosen], [f["lat"] for _, f in chosen])
                trace = library.Trajectory.from_xyt_tuples([(float(a), float(b), float(f["t"])) for a, b, (_, f) in zip(x, y, chosen)])
                matcher = matchers[chosen[0][1]["bus"]]
                start = time.perf_counter()
                result = matcher.match(
                    trace,
                    max_candidates=8,
                    candidate_search_radius=SEARCH_M,
                    gps_error=FASTMM_ERROR_M,
                    reverse_tolerance=FASTMM_REVERSE_M,
                )
                spent += time.perf_counter() - start
                count += len(chosen)
                found = {}
                for part in result.subtrajectories:
                    for index, segment in enumerate(part.segments, part.start_index):
                        found[index] = (segment.p0, segment.edges[0].edge_id)
                        found[index + 1] = (segment.p1, segment.edges[-1].edge_id)
                for index, (point, link) in found.items():
                    lon, lat = back.transform(point.x + OFFSET[0], point.y + OFFSET[1])
                    answers.append((chosen[index][0], lon, lat, *links[link][4]))
            write_answers(out, "fastmm", step, answers)
            rates[step] = count / spent
    write_whole(out / "fastmm.json", json.dumps(rates))


# In its favour: of 5, 10 and 20 m the best at 1 Hz, for what it takes for independent noise is none.
FASTMM_ERROR_M = 20
FASTMM_REVERSE_M = 40


# Recorded drives: what taxis in a city of high houses reach; the farthest that fixes are apart, and the longest way
# in fastmm's table of all ways (16 million at that on the streets of Beijing).
RECORDED_ERROR_M = 20
RECORDED_SEARCH_M = 80
RECORDED_STEP_M = 10_000
RECORDED_TABLE_M = 3_000


def recorded_traces(out: Path):
    """Each trace's number and its fixes: seconds, lon, lat."""
    traces: dict[str, list] = {}
    with open(out / "recorded-fixes.csv", newline="") as lines:
        for trace, *fix in csv.reader(lines):
            traces.setdefault(trace, []).append([float(value) for value in fix])
    return traces.items()


def write_driven(out: Path, name: str, driven: list) -> None:
    write_whole(out / f"recorded-{name}.csv", "".join(f"{trace},{street}\n" for trace, street in driven))


def recorded_meili(out: Path, extract: Path) -> None:
    driven = []
    with tempfile.TemporaryDirectory() as folder:
        actor = meili_actor(Path(folder), extract, RECORDED_STEP_M)
        for trace, fixes in recorded_traces(out):
            request = {
                "shape": [{"lat": lat, "lon": lon, "time": int(seconds)} for seconds, lon, lat in fixes],
                "costing": "auto",
                "shape_match": "map_snap",
                "use_timestamps": True,
                "trace_options": {"gps_accuracy": RECORDED_ERROR_M, "search_radius": RECORDED_SEARCH_M},
                "filters": {"action": "include", "attributes": ["edge.way_id"]},
            }
            try:
                answer = actor.trace_attributes(request)
            except RuntimeError:
                # It finds no way at all.
                continue
            driven += [(trace, edge["way_id"]) for edge in answer["edges"]]
    write_driven(out, "meili", driven)


def recorded_fastmm(out: Path, _: Path) -> None:
    import fastmm as library

    network = library.Network()
    plane = None
    with open(out / "recorded-links.csv", newline="") as lines:
        for number, begin, end, _, *line in csv.reader(lines):
            points = np.array(line, float).reshape(-1, 2)
            plane = plane or local_plane(*points[0])
            geometry = [tuple(point) for point in plane(points).tolist()]
            network.add_edge(int(number), source=int(begin), target=int(end), geom=geometry)
    network.finalize()
    driven = []
    with tempfile.TemporaryDirectory() as folder:
        matcher = library.FastMapMatch(
            network,
            library.TransitionMode.SHORTEST,
            max_distance_between_candidates=RECORDED_TABLE_M,
            cache_dir=Path(folder),
        )
        for trace, fixes in recorded_traces(out):
            places = plane(np.array(fixes)[:, 1:])
            points = [(float(x), float(y), fix[0]) for (x, y), fix in zip(places, fixes)]
            result = matcher.match(
                library.Trajectory.from_xyt_tuples(points),
                max_candidates=8,
                candidate_search_radius=RECORDED_SEARCH_M,
                gps_error=RECORDED_ERROR_M,
                reverse_tolerance=FASTMM_REVERSE_M,
            )
            segments = [segment for part in result.subtrajectories for segment in part.segments]
            driven += [(trace, edge.edge_id) for segment in segments for edge in segment.edges]
    write_driven(out, "fastmm", driven)


def local_plane(lon: float, lat: float):
    """Metres east and north of a place, near enough within a city."""
    scale = np.array([np.cos(np.radians(lat)), 1.0]) * 111_195.0
    return lambda points: (points - np.array([lon, lat])) * scale


def score(out: Path, name: str) -> dict:
    """Shares, in percent, of right answers at each step."""
    shapes = {edge: np.array(shape) for edge, shape in json.loads((out / "edges.json").read_text()).items()}
    result = {}
    for step in STEPS:
        with open(out / f"{name}-{step}.csv", newline="") as lines:
            answers = np.array(list(csv.reader(lines)), float).reshape(-1, 5)
        x, y = to_plane(answers[:, 1], answers[:, 2])
        by_row = {int(row): index for index, row in enumerate(answers[:, 0])}
        scored = close = right = 0
        for chosen in vehicles(out, step):
            for row, fix in chosen:
                if fix["edge"].startswith(":"):
                    continue
                scored += 1
                index = by_row.get(row)
                if index is None:
                    continue
                distance_m, heading = nearest(shapes[fix["edge"]], x[index], y[index])
                if distance_m < NEAR_M:
                    close += 1
                    turns = np.abs((answers[index, 3:5] - heading + 180) % 360 - 180)
                    right += bool((turns < TURN_DEG).any())
        result[step] = {"scored": scored, "close": 100 * close / scored, "right": 100 * right / scored}
    return result


def nearest(shape, x: float, y: float):
    """Distance in m from a point to a polyline, and the heading in degrees of its nearest piece."""
    steps = np.diff(shape, axis=0)
    off = np.array([x, y]) - shape[:-1]
    part = np.clip((off * steps).sum(1) / np.maximum((steps**2).sum(1), 1e-9), 0, 1)
    away = np.hypot(*(off - part[:, None] * steps).T)
    best = away.argmin()
    return away[best], np.degrees(np.arctan2(*steps[best])) % 360


def main() -> None:
    what, *arguments = sys.argv[1:]
    paths = [Path(argument) for argument in arguments]
    if what == "fixes":
        prepare(*paths)
    elif what == "meili":
        meili(*paths)
    elif what == "fastmm":
        fastmm(paths[0])
    elif what == "recorded-meili":
        recorded_meili(*paths)
    elif what == "recorded-fastmm":
        recorded_fastmm(*paths)
    elif what == "score":
        print(json.dumps(score(paths[0], arguments[1])))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
