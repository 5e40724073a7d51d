"""Reads an archive as it lies with DuckDB, pyarrow, Polars and GeoPandas, and compares what they see."""

import glob
import json
import subprocess
import sys

import duckdb
import geopandas
import polars
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

root, expected = sys.argv[1], json.loads(sys.argv[2])
KINDS = sorted(expected)


def pattern(kind):
    return f"{root}/region=*/day=*/kind={kind}/*.parquet"


def by_duckdb(kind):
    rows = duckdb.sql(
        f"SELECT count(*), count(DISTINCT \"offset\") FROM read_parquet('{pattern(kind)}', hive_partitioning = true)"
    ).fetchall()[0]
    # A frame of the picture has many links and areas.
    assert rows[0] == rows[1] or kind.endswith(("_state", "_emission")), (kind, rows)
    return rows[0]


def by_polars(kind):
    frame = polars.scan_parquet(pattern(kind), hive_partitioning=True)
    return frame.select(polars.len()).collect().item()


def by_pyarrow(kind):
    files = glob.glob(pattern(kind))
    dataset = pyarrow.dataset.dataset(files, partitioning="hive")
    return dataset.count_rows()


for kind in KINDS:
    seen = {"duckdb": by_duckdb(kind), "polars": by_polars(kind), "pyarrow": by_pyarrow(kind)}
    assert set(seen.values()) == {expected[kind]}, (kind, seen, expected[kind])

# A tool that is asked for one day opens no other day's files.
positions = pattern("vehicle_position")
days = [day for (day,) in duckdb.sql(
    f"SELECT DISTINCT day::VARCHAR FROM read_parquet('{positions}', hive_partitioning = true) ORDER BY 1").fetchall()]
assert len(days) > 1, days
plan = duckdb.sql(
    f"EXPLAIN ANALYZE SELECT count(*), avg(speed_km_h) FROM read_parquet('{positions}', hive_partitioning = true) "
    f"WHERE day = '{days[0]}'").fetchall()[0][1]
assert "Total Files Read" in plan and "File Filters" in plan, plan
table = duckdb.sql(
    f"SELECT entity, event_time, longitude_deg, latitude_deg, speed_km_h, route_short_name "
    f"FROM read_parquet('{positions}', hive_partitioning = true) "
    f"WHERE day = '{days[0]}' AND longitude_deg BETWEEN 20 AND 30").fetchall()
lazy = polars.scan_parquet(positions, hive_partitioning=True)
same = lazy.filter((polars.col("day").cast(polars.String) == days[0])
                   & polars.col("longitude_deg").is_between(20, 30)).select(polars.len()).collect().item()
assert len(table) == same > 0, (len(table), same)
dataset = pyarrow.dataset.dataset(glob.glob(positions), partitioning="hive")
fragments = list(dataset.get_fragments(filter=pyarrow.compute.field("day") == days[0]))
assert 0 < len(fragments) < len(list(dataset.get_fragments())), "pyarrow leaves out other days"

# Times are times with a zone, and row groups say what is in them.
file = pyarrow.parquet.ParquetFile(glob.glob(positions)[0])
assert str(file.schema_arrow.field("event_time").type) == "timestamp[ms, tz=UTC]"
group = file.metadata.row_group(0)
columns = {group.column(index).path_in_schema: group.column(index) for index in range(group.num_columns)}
assert all(columns[name].compression == "ZSTD" for name in columns)
for name in ["offset", "event_time", "entity"]:
    assert columns[name].statistics.has_min_max, name
# Of floats in the total order of IEEE 754, which pyarrow does not know yet and leaves out.
for path in ["longitude_deg", "latitude_deg"]:
    (least, most), = duckdb.sql(
        f"SELECT stats_min_value::DOUBLE, stats_max_value::DOUBLE FROM parquet_metadata('{glob.glob(positions)[0]}') "
        f"WHERE path_in_schema = '{path}' AND row_group_id = 0").fetchall()
    assert 20 < least < most < 70, (path, least, most)
assert [column.column_index for column in group.sorting_columns] == [2, 3]

# Shapes are shapes.
shapes = 0
for kind in ["situation_record", "link_state", "area_state"]:
    for path in glob.glob(pattern(kind)):
        checked = subprocess.run(
            [sys.executable.replace("python", "geoparquet-validator"), "check", path], capture_output=True, text=True)
        failed = [line for line in checked.stdout.splitlines() if "FAIL" in line]
        assert checked.returncode == 0, (path, failed, checked.stderr)
        frame = geopandas.read_parquet(path)
        assert frame.crs.to_epsg() == 4326 or str(frame.crs) == "OGC:CRS84", frame.crs
        inside = geopandas.read_parquet(path, bbox=(24.0, 59.0, 26.0, 61.0))
        assert len(inside) <= len(frame)
        shapes += int(frame.geometry.notna().sum())
assert shapes > 0

print(f"{len(KINDS)} kinds")
