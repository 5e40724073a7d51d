"""Follows the live picture of Tilanne.

    async with tilanne.connect("http://127.0.0.1:8080") as client:
        async for change in client.subscribe(region="helsinki", layers=["vehicles"]):
            print(change.kind, change.id)

After any reconnect the state is complete: it is what the server has, object by object.
"""

from collections.abc import Callable, Sequence
from typing import Unpack

from .changes import Change
from .client import Client, Connected, stream_address
from .errors import (
    ConnectionLostError,
    GoneError,
    MissingPackageError,
    Problem,
    RefusedError,
    TilanneError,
    TooLargeError,
    UsageError,
)
from .events import EventStream
from .follower import State, Timing
from .objects import LAYERS, CloudEvent, LayerName, Stop
from .picture import Picture
from .selection import Corridor, StopPlace, Watched
from .subscription import Subscription
from .tables import fetch_arrow as arrow
from .transit import fetch_stops as stops

__all__ = [
    "LAYERS",
    "Change",
    "Client",
    "CloudEvent",
    "Connected",
    "ConnectionLostError",
    "Corridor",
    "EventStream",
    "GoneError",
    "LayerName",
    "MissingPackageError",
    "Picture",
    "Problem",
    "RefusedError",
    "State",
    "Stop",
    "StopPlace",
    "Subscription",
    "TilanneError",
    "Timing",
    "TooLargeError",
    "UsageError",
    "Watched",
    "arrow",
    "connect",
    "snapshot",
    "stops",
    "stream_address",
]


def connect(
    url: str,
    *,
    wait: bool = False,
    tries_max: int | None = None,
    on_connection: Callable[[Connected, str], None] | None = None,
    timing: Timing | None = None,
) -> Client:
    """Connect to Tilanne: `async with tilanne.connect("http://127.0.0.1:8080") as client:`.

    A connection that is lost comes back by itself, after pauses that grow to 15 s. The first one
    must succeed (ConnectionLostError), unless `wait` says to wait for it. After `tries_max` failed
    tries in a row everything ends with ConnectionLostError; by default never.

    `on_connection` is told how the connection is, and why it was lost.
    """
    return Client(url, wait=wait, tries_max=tries_max, on_connection=on_connection, timing=timing)


async def snapshot(
    url: str, *, region: str, layers: Sequence[LayerName], **place: Unpack[Watched]
) -> Picture:
    """Get the objects as they are now, complete and of one moment."""
    async with connect(url) as client:
        return await client.snapshot(region=region, layers=layers, **place)
