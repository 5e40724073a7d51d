"""Objects as tables: for GeoPandas, for Arrow, and the server's own Arrow answers."""

import json
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from .answers import pages, query
from .errors import MissingPackageError
from .selection import ObjectPlace

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa

ARROW = "application/vnd.apache.arrow.stream"
GEOMETRY = "geometry"
WGS84 = "OGC:CRS84"
WKB_METADATA = {
    "ARROW:extension:name": "geoarrow.wkb",
    "ARROW:extension:metadata": json.dumps({"crs": WGS84, "crs_type": "authority_code"}),
}

POINT, LINE, POLYGON, COLLECTION = 1, 2, 3, 7


def geopandas(layer: str, entries: Sequence[Any]) -> "gpd.GeoDataFrame":
    """Objects of a layer as a GeoDataFrame."""
    try:
        import geopandas as gpd
    except ImportError as error:
        raise _missing("geopandas", "geo") from error
    rows = [flat(layer, entry) for entry in entries]
    geometry = gpd.GeoSeries.from_wkb([wkb(layer, entry) for entry in entries], crs=WGS84)
    # The columns are there without objects too.
    return gpd.GeoDataFrame(rows or {"id": []}, geometry=geometry)


def arrow(layer: str, entries: Sequence[Any]) -> "pa.Table":
    """Objects of a layer as an Arrow table."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise _missing("pyarrow", "arrow") from error
    rows = [flat(layer, entry) for entry in entries]
    names = list(dict.fromkeys(["id", *(name for row in rows for name in row)]))
    columns = [pa.array([row.get(name) for row in rows]) for name in names]
    fields = [pa.field(name, column.type) for name, column in zip(names, columns, strict=True)]
    columns.append(pa.array([wkb(layer, entry) for entry in entries], pa.binary()))
    fields.append(pa.field(GEOMETRY, pa.binary(), metadata=WKB_METADATA))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


async def fetch_arrow(
    url: str,
    *,
    region: str,
    layer: str,
    fields: str | None = None,
    sort: str | None = None,
    **place: Unpack[ObjectPlace],
) -> "pa.Table":
    """Get objects of a layer as the server's own Arrow table, all pages of it.

    All columns that a layer can have are there, typed; times are timestamps, the geometry is a
    GeoArrow column. Needs the package pyarrow. Where the layer changes meanwhile, the pages are of
    different moments: an object that is there all the time is there once. For one moment take
    `tilanne.snapshot`.

    `fields` names the properties wanted, with commas between, `sort` the one to order by.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise _missing("pyarrow", "arrow") from error
    words = query(place)
    words |= {name: said for name, said in (("fields", fields), ("sort", sort)) if said}
    tables = [
        pa.ipc.open_stream(body).read_all()
        async for body in pages(url, f"regions/{region}/{layer}", words, ARROW)
    ]
    # What an answer says of itself is that of the first page.
    first, *rest = tables
    return pa.concat_tables([first, *(table.cast(first.schema) for table in rest)])


def flat(layer: str, entry: Any) -> dict[str, Any]:
    """Give the properties of an object by their paths, such as `report.speed_km_h`.

    What is in lists stays in them; the geometry is left out.

    >>> flat("vehicles", {"id": "a", "report": {"mode": "bus", "position": {}}})
    {'id': 'a', 'report.mode': 'bus'}
    """
    row: dict[str, Any] = {"id": entry["id"]}
    _flatten(entry, "", SHAPES.get(layer, ("", _none))[0], row)
    return row


def _flatten(value: dict[str, Any], prefix: str, left_out: str, row: dict[str, Any]) -> None:
    for key, inner in value.items():
        name = prefix + key
        if name == left_out:
            continue
        if isinstance(inner, dict):
            _flatten(inner, f"{name}.", left_out, row)
        else:
            row[name] = inner


def wkb(layer: str, entry: Any) -> bytes | None:
    """Give the geometry of an object as well-known binary; None where it has none.

    >>> wkb("queues", {"position": {"longitude_deg": 1.0, "latitude_deg": 2.0}}).hex()[:10]
    '0101000000'
    """
    path, shape = SHAPES.get(layer, ("", _none))
    value = entry
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return None if not value else shape(value)


def _none(_: Any) -> None:
    return None


def _point(position: Any) -> bytes:
    place = position["longitude_deg"], position["latitude_deg"]
    return struct.pack("<BI2d", 1, POINT, *place)


def _positions(positions: Any) -> bytes:
    places = [(one["longitude_deg"], one["latitude_deg"]) for one in positions]
    numbers = [number for place in places for number in place]
    return struct.pack(f"<I{len(numbers)}d", len(places), *numbers)


def _line(positions: Any) -> bytes:
    return struct.pack("<BI", 1, LINE) + _positions(positions)


def _polygon(rings: Any) -> bytes:
    head = struct.pack("<BII", 1, POLYGON, len(rings))
    return head + b"".join(map(_positions, rings))


def _ring(positions: Any) -> bytes:
    return _polygon([positions])


def _collection(geometry: Any) -> bytes | None:
    parts = [_point(one) for one in geometry.get("points") or []]
    parts += [_line(one) for one in geometry.get("lines") or []]
    parts += [_polygon(one) for one in geometry.get("polygons") or []]
    if len(parts) <= 1:
        return parts[0] if parts else None
    return struct.pack("<BII", 1, COLLECTION, len(parts)) + b"".join(parts)


SHAPES: dict[str, tuple[str, Callable[[Any], bytes | None]]] = {
    "vehicles": ("report.position", _point),
    "detectors": ("station.position", _point),
    "situations": ("record.geometry", _collection),
    "links": ("line", _line),
    "queues": ("position", _point),
    "areas": ("boundary", _ring),
    "link_emissions": ("line", _line),
    "area_emissions": ("line", _ring),
    "weather": ("station.position", _point),
}
"""Where the geometry of a layer's objects is, and what it is. Others have none."""


def _missing(package: str, extra: str) -> MissingPackageError:
    return MissingPackageError(f"this needs {package}: install tilanne[{extra}]")
