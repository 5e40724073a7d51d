"""Objects as tables."""

import asyncio
import contextlib
import http.server
import io
import json
import threading
from typing import Any

import geopandas
import pyarrow as pa
import pytest

import tilanne
from scripted import vehicle
from tilanne import tables
from tilanne.picture import Picture
from tilanne.protocol import SnapshotMessage, Stamp


def place(longitude_deg: float, latitude_deg: float) -> dict[str, float]:
    return {"longitude_deg": longitude_deg, "latitude_deg": latitude_deg}


LINE = [place(24, 60), place(25, 60), place(25, 61)]
RING = [*LINE, place(24, 60)]
OBJECTS: dict[str, list[Any]] = {
    "vehicles": [vehicle("b"), {"id": "a", "report": {"mode": "tram", "position": None}}],
    "detectors": [{"id": "d", "station": {"name": "D", "position": place(24, 60)}}],
    "situations": [
        {"id": "point", "record": {"geometry": {"points": [place(24, 60)]}}},
        {"id": "line", "record": {"geometry": {"lines": [LINE]}}},
        {"id": "both", "record": {"geometry": {"points": [place(1, 2)], "polygons": [[RING]]}}},
        {"id": "none", "record": {"geometry": {"points": [], "lines": []}}},
        {"id": "nowhere", "record": {}},
    ],
    "trips": [{"id": "t", "update": {"trip": {"route_id": "1"}, "stop_time_updates": []}}],
    "links": [{"id": "l", "line": LINE, "minute": {"speed_km_h": {"value": 30.5}}}],
    "queues": [{"id": "q", "position": place(24, 60), "links": ["l"]}],
    "areas": [{"id": "x", "boundary": RING}],
    "link_emissions": [{"id": "l", "line": LINE}],
    "area_emissions": [{"id": "x", "line": RING}],
    "weather": [{"id": "w", "station": {"position": place(24, 60)}}],
}


@pytest.fixture
def picture() -> Picture:
    picture = Picture()
    at = Stamp("s", "north", "e", 1, "c", 0, 0, 0, more=False)
    picture.restore(SnapshotMessage(at, "demo", "", OBJECTS))
    return picture


def shapes(frame: geopandas.GeoDataFrame) -> dict[str, str | None]:
    return {row.id: row.geometry and row.geometry.geom_type for row in frame.itertuples()}


def test_geopandas_has_properties_by_path_and_the_geometry(picture: Picture):
    vehicles = picture.to_geopandas("vehicles")
    assert list(vehicles["id"]) == ["a", "b"]
    assert list(vehicles["report.mode"]) == ["tram", "bus"]
    assert vehicles.crs == "OGC:CRS84"
    assert vehicles.geometry[1].coords[0] == (25.0, 60.0)
    assert not [name for name in vehicles if "position" in name and name != "report.position"]
    assert shapes(picture.to_geopandas("situations")) == {
        "both": "GeometryCollection",
        "line": "LineString",
        "none": None,
        "nowhere": None,
        "point": "Point",
    }
    for layer, shape in [("areas", "Polygon"), ("area_emissions", "Polygon"), ("queues", "Point")]:
        assert list(shapes(picture.to_geopandas(layer)).values()) == [shape]
    assert picture.to_geopandas("links")["minute.speed_km_h.value"][0] == 30.5
    empty = picture.to_geopandas("feeds")
    assert (len(empty), list(empty)) == (0, ["id", "geometry"])


def test_arrow_has_the_same_and_geopandas_reads_it(picture: Picture):
    for layer in tilanne.LAYERS:
        table = picture.to_arrow(layer)
        frame = geopandas.GeoDataFrame.from_arrow(table)
        expected = picture.to_geopandas(layer)
        assert list(frame["id"]) == list(expected["id"])
        assert frame.geometry.geom_equals(expected.geometry).sum() == frame.geometry.notna().sum()
    assert picture.to_arrow("queues").schema.field("links").type == pa.list_(pa.string())


class Pages(http.server.BaseHTTPRequestHandler):
    """Two pages of Arrow, and a problem."""

    def do_GET(self) -> None:
        is_second = "cursor" in self.path
        if "/north/" not in self.path:
            body = json.dumps({"title": "Not Found", "status": 404, "detail": "no region"}).encode()
            self.answer(404, body, "")
            return
        assert self.headers["Accept"] == tables.ARROW
        table = pa.table({"id": ["b"] if is_second else ["a"]})
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        link = "" if is_second else f'<{self.path}&cursor=a>; rel="next"'
        self.answer(200, sink.getvalue(), link)

    def answer(self, status: int, body: bytes, link: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_servers_arrow_comes_in_pages():
    with serving() as url:
        got = asyncio.run(tilanne.arrow(url, region="north", layer="vehicles", bbox=(1, 2, 3, 4)))
        assert got["id"].to_pylist() == ["a", "b"]
        with pytest.raises(tilanne.RefusedError, match="no region"):
            asyncio.run(tilanne.arrow(url, region="south", layer="vehicles"))
    with pytest.raises(tilanne.ConnectionLostError, match="check the address"):
        asyncio.run(tilanne.arrow(url, region="north", layer="vehicles"))
    with pytest.raises(tilanne.UsageError, match="begins with http"):
        asyncio.run(tilanne.arrow("ftp://a", region="north", layer="vehicles"))


def test_places_in_addresses():
    corridor: Any = {"line": [(24.0, 60.0), (25.0, 60.5)], "width_m": 50}
    asked: Any = {"corridor": corridor, "ids": ["a", "b"], "polygon": [(1, 2), (3, 4), (5, 6)]}
    assert tables.query({**asked, "city": "c"}) == {
        "corridor": "24.0,60.0,25.0,60.5",
        "width_m": "50",
        "ids": "a,b",
        "polygon": "1,2,3,4,5,6",
        "city": "c",
    }
