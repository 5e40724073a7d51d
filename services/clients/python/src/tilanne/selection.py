"""What a subscription is about."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from .errors import UsageError
from .objects import LayerName

Point = tuple[float, float]
"""Longitude and latitude in degrees."""

MESSAGE_BYTES_MAX = 16 * 1024
"""Longest message that the server reads as it comes."""

HEAD_BYTES = 512
"""Room in a message for what is not the selection, and for a cursor."""


class Corridor(TypedDict):
    """What is near a line."""

    line: Sequence[Point]
    """2 to 1,000 points."""
    width_m: float
    """Both sides together, 1 to 100,000 m."""


class Place(TypedDict, total=False):
    """Where: all that is said must hold. Without any of it everything, also what has no place."""

    bbox: tuple[float, float, float, float]
    """West, south, east, north in degrees."""
    polygon: Sequence[Point]
    """3 to 1,000 corners."""
    corridor: Corridor
    city: str
    """Id of a city of the region."""
    district: str
    """Id of a district or postal area."""
    route: str
    """Route of public transport: vehicles and trips on it, and messages about it."""
    ids: Sequence[str]
    """At most 1,000."""


class ObjectPlace(Place, total=False):
    """Which objects of a region's layers."""

    filter: str
    """A condition on the properties, in CQL2 text: `report.mode = 'tram'`."""


class Watched(ObjectPlace, total=False):
    """Which objects of a region's layers, and what of them."""

    fields: Mapping[LayerName, Sequence[str]]
    """What of each object, by layer: paths in its JSON, such as `report.position`, alone or with
    all that is below them. The id is always there, all else is missing, whatever the types say.
    Layers that are not named come whole."""


class StopPlace(ObjectPlace, total=False):
    """Which stops of a region. A route is one that calls at them."""

    q: str
    """A part of the name or the code, or the whole id; capitals and small letters are the same."""


class Selection(Watched):
    """Which objects of the picture."""

    region: str
    layers: Sequence[LayerName]


class EventPlace(Place, total=False):
    """Which events of a region. They begin at a cursor, an offset or a time, or now."""

    kinds: Sequence[str]
    """Such as `vehicle_position`; all without it."""
    feeds: Sequence[str]
    """Names of feeds; all without it."""
    cursor: str
    """`EventStream.cursor` of an earlier stream."""
    offset: int
    """Number of the first event."""
    time_ms: int
    """What was received at this time or later."""


def check(selection: Any) -> None:
    """Refuse what is too long: the server ends a connection on which it reads a longer message."""
    size = len(json.dumps(selection))
    room = MESSAGE_BYTES_MAX - HEAD_BYTES
    if size > room:
        raise UsageError(
            f"the selection takes {size} bytes, at most {room} are possible; "
            "name fewer ids or corners, with fewer decimals"
        )
