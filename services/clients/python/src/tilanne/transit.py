"""Stops of public transport, over HTTP: they do not change as the picture does."""

import json
from typing import Unpack

from .answers import pages, query
from .errors import UsageError
from .objects import Stop
from .selection import StopPlace


async def fetch_stops(url: str, *, region: str, **place: Unpack[StopPlace]) -> list[Stop]:
    """Get stops of public transport, by id, all pages of them.

    They say what those are called, and where they are, that vehicles and trips name by their ids.
    There are none where the region's network has no schedule.
    """
    stops: list[Stop] = []
    async for body in pages(url, f"regions/{region}/stops", query(place), "application/json"):
        try:
            stops += json.loads(body)["stops"]
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"{url!r} is no address of Tilanne: its answer has no stops"
            ) from error
    return stops
