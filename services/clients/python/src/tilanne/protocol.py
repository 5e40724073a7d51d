"""Messages of `/v1/stream`, and the door at which what the server says is checked."""

import json
from dataclasses import dataclass
from typing import Any

from .errors import Problem
from .objects import CloudEvent

STREAM = "/v1/stream"
"""Path of the stream, below the address of Tilanne."""

Json = dict[str, Any]
Objects = dict[str, list[Json]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Of which subscription a message is, and to where it brings it."""

    id: str
    region: str
    epoch: str
    sequence: int | None
    """None while the region's log is empty."""
    cursor: str | None
    """To resume from here; None while there is more of the same to come."""
    time_ms: int
    lag_ms: int
    coalesced: int
    more: bool


@dataclass(frozen=True, slots=True)
class SnapshotMessage:
    """All that a subscription selects; replaces what the client has."""

    at: Stamp
    origin: str
    reason: str
    objects: Objects


@dataclass(frozen=True, slots=True)
class DeltaMessage:
    """What has changed since the message before."""

    at: Stamp
    previous: int | None
    updated: Objects
    removed: Objects


@dataclass(frozen=True, slots=True)
class EventsMessage:
    """Events in the order of the log, and how far that is."""

    id: str
    cursor: str
    time_ms: int
    lag_ms: int
    events: list[CloudEvent]


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """What the server does not do, and for which subscription."""

    id: str | None
    problem: Problem


PictureMessage = SnapshotMessage | DeltaMessage
ServerMessage = PictureMessage | EventsMessage | ErrorMessage


def read(frame: str) -> ServerMessage | None:
    """Read one text frame; None when it is no message of this protocol."""
    try:
        message = json.loads(frame)
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    kind, of = message.get("type"), message.get("id")
    if kind == "error":
        of = of if isinstance(of, str) else None
        return ErrorMessage(of, Problem.read(message.get("problem")))
    texts = (of, message.get("region"), message.get("epoch"))
    if not all(isinstance(text, str) for text in texts):
        return None
    if not isinstance(message.get("time_ms"), int):
        return None
    if kind == "events":
        return _events(message)
    at = _stamp(message)
    if at is None:
        return None
    if kind == "snapshot":
        origin = message.get("origin")
        # An origin that is not known here must not pass for live.
        origin = origin if origin in ("live", "demo") else "replay"
        reason = str(message.get("reason", ""))
        return SnapshotMessage(at, origin, reason, _by_layer(message.get("objects")))
    if kind == "delta":
        previous = message.get("previous")
        if previous is not None and not isinstance(previous, int):
            return None
        updated, removed = _by_layer(message.get("updated")), _by_layer(message.get("removed"))
        return DeltaMessage(at, previous, updated, removed)
    return None


def _stamp(message: Json) -> Stamp | None:
    sequence, cursor = message.get("sequence"), message.get("cursor")
    if sequence is not None and not isinstance(sequence, int):
        return None
    return Stamp(
        message["id"],
        message["region"],
        message["epoch"],
        sequence,
        cursor if isinstance(cursor, str) else None,
        message["time_ms"],
        _count(message.get("lag_ms")),
        _count(message.get("coalesced")),
        message.get("more") is True,
    )


def _events(message: Json) -> EventsMessage | None:
    cursor, events = message.get("cursor"), message.get("events")
    if not isinstance(cursor, str) or not isinstance(events, list):
        return None
    known: Any = [event for event in events if _has_id(event)]
    lag_ms = _count(message.get("lag_ms"))
    return EventsMessage(message["id"], cursor, message["time_ms"], lag_ms, known)


def _by_layer(value: Any) -> Objects:
    """Keep, of each layer, the entries that have an id."""
    if not isinstance(value, dict):
        return {}
    layers = ((layer, entries) for layer, entries in value.items() if isinstance(entries, list))
    return {layer: [entry for entry in entries if _has_id(entry)] for layer, entries in layers}


def _has_id(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), str)


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
