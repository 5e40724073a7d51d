"""Reads exports of the same rows in several formats with pyarrow, GeoPandas, DuckDB and Polars, and compares them."""

import csv
import subprocess
import sys

import duckdb
import geopandas
import polars
import pyarrow.ipc
import pyarrow.parquet

root = sys.argv[1]
LAYERS = ["vehicles", "links", "situations", "areas", "trips"]
judged = 0


def shapes(of):
    return sorted(zip(of["id"], of.geometry.to_wkb(hex=True)))


for layer in LAYERS:
    path = f"{root}/{layer}.parquet"
    table = pyarrow.parquet.read_table(path)
    rows = table.num_rows
    assert str(table.schema.field("at_ms").type) == "timestamp[ms, tz=UTC]", table.schema
    assert polars.read_parquet(path).height == rows
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{path}')").fetchall() == [(rows,)]
    with open(f"{root}/{layer}.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == rows, (layer, len(lines), rows)
    stream = pyarrow.ipc.open_stream(f"{root}/{layer}.arrows").read_all()
    plain = [name for name in table.column_names if name not in ("geometry", "bbox")]
    assert stream.select(plain).equals(table.select(plain)), layer
    times = [str(time.value) for time in table["at_ms"]]
    assert [line["at_ms"] for line in lines] == times, layer
    if layer == "trips" or rows == 0:
        continue
    judged += 1
    checked = subprocess.run(
        [sys.executable.replace("python", "geoparquet-validator"), "check", path], capture_output=True, text=True)
    failed = [line for line in checked.stdout.splitlines() if "FAIL" in line]
    assert checked.returncode == 0, (path, failed, checked.stderr)
    frame = geopandas.read_parquet(path)
    assert len(frame) == rows and (frame.crs.to_epsg() == 4326 or str(frame.crs) == "OGC:CRS84")
    assert len(geopandas.read_parquet(path, bbox=(24.0, 59.0, 26.0, 61.0))) <= rows
    placed = frame[frame.geometry.notna()]
    features = geopandas.read_file(f"{root}/{layer}.geojson")
    assert len(features) == rows, (layer, len(features), rows)
    # The index of FlatGeobuf puts features in another order.
    indexed = geopandas.read_file(f"{root}/{layer}.fgb")
    assert len(indexed) == len(placed) and indexed.crs.to_epsg() == 4326, (layer, len(indexed), len(placed))
    assert shapes(indexed) == shapes(placed), layer
    assert set(indexed.columns) == set(table.column_names) - {"bbox"}, layer
    some = geopandas.read_file(f"{root}/{layer}.fgb", bbox=tuple(placed.total_bounds))
    assert len(some) == len(placed), layer

assert judged >= 2, "layers with rows"
print(f"{len(LAYERS)} layers")
