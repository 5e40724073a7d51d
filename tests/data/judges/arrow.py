"""Reads every layer as Arrow with pyarrow and GeoPandas, and compares it with GeoJSON."""

import json
import sys
import urllib.request

import geopandas
import pyarrow
from shapely.geometry import shape

base, region = sys.argv[1:]


def get(path):
    with urllib.request.urlopen(f"{base}/v1/regions/{region}/{path}") as answer:
        return answer.read()


def value(properties, path):
    for name in path.split("."):
        if isinstance(properties, list):
            properties = properties[int(name)] if int(name) < len(properties) else None
        elif properties is not None:
            properties = properties.get(name)
    return properties


LAYERS = [
    "vehicles", "detectors", "situations", "trips", "feeds",
    "links", "queues", "areas", "link_emissions", "area_emissions",
]
for layer in LAYERS:
    table = pyarrow.ipc.open_stream(get(f"{layer}?format=arrow")).read_all()
    table.validate(full=True)
    assert table.schema.metadata[b"region"] == region.encode()
    features = json.loads(get(layer))["features"]
    assert table.num_rows == len(features) > 0, layer
    assert table.column("id").to_pylist() == [feature["id"] for feature in features]
    if layer in ("trips", "feeds"):
        continue
    time = table.schema.field("event_time_ms").type
    assert time == pyarrow.timestamp("ms", tz="UTC"), time
    frame = geopandas.GeoDataFrame.from_arrow(table)
    assert frame.crs is not None and frame.crs.to_string() == "OGC:CRS84", frame.crs
    for geometry, feature in zip(frame.geometry, features):
        if feature["geometry"] is None:
            assert geometry is None or geometry.is_empty, (layer, geometry)
        else:
            # Compared as text: what is degenerate equals nothing by its topology.
            assert geometry.wkt == shape(feature["geometry"]).wkt, (layer, geometry)
    for name in frame.columns:
        said = [value(feature["properties"], name) for feature in features]
        if name in frame.select_dtypes("number").columns:
            read = [None if number != number else number for number in frame[name]]
            assert read == said, (layer, name, read, said)
print(f"{len(LAYERS)} layers")
