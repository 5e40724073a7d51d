"""The scenario's street network for `NetworkBuilder`: one link for each edge, so that estimate and truth are of the
same thing."""

import json
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from pyproj import Transformer

Point = tuple[float, float]


@dataclass(frozen=True)
class Edge:
    """A directed street of the simulation."""

    id: str
    start: str
    end: str
    kind: str
    name: str
    # From node to node, m.
    line: list[Point]
    # Of each lane, between the junctions, m.
    lanes: list[list[Point]]
    # Between the junctions, m.
    length: float
    # m/s
    limit: float
    # Whether cars may use each lane.
    cars: list[bool]


class Streets:
    """What the simulation's network file says."""

    def __init__(self, path: Path) -> None:
        root = ET.parse(path).getroot()
        location = root.find("location")
        if location is None:
            raise ValueError(f"{path}: no location")
        east, north = map(float, location.attrib["netOffset"].split(","))
        self.offset = (east, north)
        self.to_globe = Transformer.from_crs(location.attrib["projParameter"], "EPSG:4326", always_xy=True)
        self.nodes: dict[str, Point] = {}
        self.signals: set[str] = set()
        for junction in root.iter("junction"):
            node = junction.attrib["id"]
            self.nodes[node] = (float(junction.attrib["x"]), float(junction.attrib["y"]))
            if junction.attrib["type"].startswith("traffic_light"):
                self.signals.add(node)
        self.edges: dict[str, Edge] = {}
        for element in root.iter("edge"):
            if element.get("function") != "internal":
                edge = self._edge(element)
                self.edges[edge.id] = edge
        # Turns that the simulation's vehicles can make.
        self.turns = {
            (turn.attrib["from"], turn.attrib["to"])
            for turn in root.iter("connection")
            if not turn.attrib["from"].startswith(":")
        }

    def _edge(self, element: ET.Element) -> Edge:
        lanes = element.findall("lane")
        start, end = element.attrib["from"], element.attrib["to"]
        inner = points(element.attrib["shape"]) if "shape" in element.attrib else []
        line = [self.nodes[start], *inner, self.nodes[end]]
        return Edge(
            id=element.attrib["id"],
            start=start,
            end=end,
            kind=element.get("type", ""),
            name=element.get("name", ""),
            line=[line[0]] + [b for a, b in zip(line, line[1:]) if math.dist(a, b) > 0.01],
            lanes=[points(lane.attrib["shape"]) for lane in lanes],
            length=float(lanes[0].attrib["length"]),
            limit=max(float(lane.attrib["speed"]) for lane in lanes),
            cars=["allow" not in lane.attrib or "passenger" in lane.attrib["allow"].split() for lane in lanes],
        )

    def positions(self, line: list[Point]) -> list[Point]:
        """Longitude and latitude of points of the network's plane."""
        x, y = zip(*line)
        longitude, latitude = self.to_globe.transform(
            [value - self.offset[0] for value in x], [value - self.offset[1] for value in y]
        )
        return [(round(a, 7), round(b, 7)) for a, b in zip(longitude, latitude)]


def points(text: str) -> list[Point]:
    """The points of a shape; heights are left out."""
    return [(float(x), float(y)) for x, y, *_ in (point.split(",") for point in text.split())]


def along(line: list[Point], point: Point) -> float:
    """Metres from the beginning of a line to its point that is nearest to another."""
    best = (math.inf, 0.0)
    before = 0.0
    for a, b in zip(line, line[1:]):
        step = (b[0] - a[0], b[1] - a[1])
        length = math.hypot(*step)
        part = ((point[0] - a[0]) * step[0] + (point[1] - a[1]) * step[1]) / (length * length) if length else 0.0
        part = min(max(part, 0.0), 1.0)
        distance = math.hypot(a[0] + part * step[0] - point[0], a[1] + part * step[1] - point[1])
        best = min(best, (distance, before + part * length))
        before += length
    return best[1]


def length(line: list[Point]) -> float:
    """Metres."""
    return sum(math.dist(a, b) for a, b in zip(line, line[1:]))


def at(line: list[Point], share: float) -> tuple[Point, float]:
    """The point at a share of a line's length, and the bearing there, degrees clockwise from north."""
    left = share * length(line)
    for a, b in zip(line, line[1:]):
        step = math.dist(a, b)
        if step and (left <= step or b == line[-1]):
            part = min(left / step, 1.0)
            point = (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]))
            return point, math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360
        left -= step
    raise ValueError("a line without length")


def number(name: str) -> int:
    """The first number in an edge's or a junction's name: the way or node of the map that it was made from."""
    found = re.search(r"\d+", name)
    if found is None:
        raise ValueError(f"{name}: no number")
    return int(found.group())


def setbacks(edge: Edge) -> tuple[float, float]:
    """Metres at the beginning and the end of the line that lie inside junctions: mean of the lanes."""
    begin = sum(along(edge.line, lane[0]) for lane in edge.lanes) / len(edge.lanes)
    end = sum(along(edge.line, lane[-1]) for lane in edge.lanes) / len(edge.lanes)
    return begin, length(edge.line) - end


def road_class(kind: str) -> str:
    """Our name of a `highway` tag such as `highway.primary_link` or `highway.service|psv`."""
    return kind.split("|")[0].removeprefix("highway.").removesuffix("_link")


def write(streets: Streets, path: Path) -> None:
    """The network as JSON: `links`, and `forbidden` pairs of their indices."""
    edges = list(streets.edges.values())
    identities = [(number(edge.id), number(edge.start), number(edge.end)) for edge in edges]
    if len(set(identities)) != len(edges):
        raise ValueError("two edges have one identity")
    links = []
    for edge, (way, start, end) in zip(edges, identities):
        flags = []
        if (way, end, start) not in identities:
            flags.append("one_way")
        if edge.end in streets.signals:
            flags.append("signal")
        if not any(edge.cars):
            flags.append("bus_only")
        elif not all(edge.cars):
            flags.append("bus_lane")
        links.append(
            {
                "edge": edge.id,
                "id": [way, start, end],
                "line": streets.positions(edge.line),
                "setback_m": [round(metres, 2) for metres in setbacks(edge)],
                "class": road_class(edge.kind),
                "lanes": len(edge.lanes),
                "speed_limit_km_h": round(edge.limit * 3.6),
                "flags": flags,
                "name": edge.name,
            }
        )
    leaving: dict[str, list[int]] = {}
    for index, edge in enumerate(edges):
        leaving.setdefault(edge.start, []).append(index)
    forbidden = [
        [index, other]
        for index, edge in enumerate(edges)
        for other in leaving.get(edge.end, [])
        if (edge.id, edges[other].id) not in streets.turns
    ]
    path.write_text(json.dumps({"links": links, "forbidden": forbidden}), encoding="utf-8")
