"""The part of a region's picture that a subscription selects, as the server has it.

Messages in, changes out. A snapshot replaces everything; it is applied as the difference to what
was there, and where it comes in several messages, what it has not named goes when the last of them
is there: who shows the picture has no empty moment.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, overload

from . import objects, tables
from .changes import Change
from .objects import LAYERS
from .protocol import DeltaMessage, Objects, PictureMessage, SnapshotMessage

if TYPE_CHECKING:
    import geopandas
    import pyarrow


class GapError(Exception):
    """A message was missed, and the picture cannot be trusted. Not seen outside this package."""


class Picture:
    """Objects by layer and id, and of which moment they are."""

    def __init__(self) -> None:
        self.region: str | None = None
        self.epoch: str | None = None
        self.sequence: int | None = None
        self.origin: str | None = None
        """`live`, `demo` or `replay`; everything but `live` must be said to people."""
        self.complete = False
        """Everything selected as of `sequence` is there; not while more of it is on its way."""
        self._layers: dict[str, dict[str, Any]] = {layer: {} for layer in LAYERS}
        self._unconfirmed: set[tuple[str, str]] = set()
        """What a snapshot that is not over has not named yet."""
        self._place: tuple[str, int | None] | None = None
        """Cursor where the picture can be taken up again, and the sequence there."""
        self._is_moved = False

    @overload
    def layer(self, layer: Literal["vehicles"]) -> Mapping[str, objects.Vehicle]: ...
    @overload
    def layer(self, layer: Literal["detectors"]) -> Mapping[str, objects.Detector]: ...
    @overload
    def layer(self, layer: Literal["situations"]) -> Mapping[str, objects.Situation]: ...
    @overload
    def layer(self, layer: Literal["trips"]) -> Mapping[str, objects.Trip]: ...
    @overload
    def layer(self, layer: Literal["feeds"]) -> Mapping[str, objects.Feed]: ...
    @overload
    def layer(self, layer: Literal["links"]) -> Mapping[str, objects.Link]: ...
    @overload
    def layer(self, layer: Literal["queues"]) -> Mapping[str, objects.Queue]: ...
    @overload
    def layer(self, layer: Literal["areas"]) -> Mapping[str, objects.Area]: ...
    @overload
    def layer(
        self, layer: Literal["link_emissions", "area_emissions"]
    ) -> Mapping[str, objects.Emission]: ...
    @overload
    def layer(self, layer: Literal["weather"]) -> Mapping[str, objects.Weather]: ...
    @overload
    def layer(self, layer: str) -> Mapping[str, Any]: ...
    def layer(self, layer: str) -> Mapping[str, Any]:
        """Objects of a layer by id, live: what changes is seen through it."""
        return MappingProxyType(self._layers[layer])

    def __len__(self) -> int:
        return sum(map(len, self._layers.values()))

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        """Layer, id and object of everything."""
        for layer, of_layer in self._layers.items():
            for of, entry in of_layer.items():
                yield layer, of, entry

    def to_geopandas(self, layer: str) -> "geopandas.GeoDataFrame":
        """Objects of a layer as a GeoDataFrame on WGS84, ordered by id.

        Columns are named by the path in the object, such as `report.speed_km_h`; what is not known
        is missing. Needs the package geopandas.
        """
        return tables.geopandas(layer, self._sorted(layer))

    def to_arrow(self, layer: str) -> "pyarrow.Table":
        """Objects of a layer as an Arrow table, ordered by id, the geometry as WKB (GeoArrow).

        Columns are named by the path in the object, such as `report.speed_km_h`. Needs the package
        pyarrow. The server's own Arrow answer, with all columns typed, comes from `tilanne.arrow`.
        """
        return tables.arrow(layer, self._sorted(layer))

    def _sorted(self, layer: str) -> list[Any]:
        return [entry for _, entry in sorted(self._layers[layer].items())]

    def resume(self) -> str | None:
        """Give the cursor to take up from, and expect the delta that does; None without any."""
        self.complete = False
        if self._place is None:
            return None
        cursor, self.sequence = self._place
        return cursor

    def moved(self) -> None:
        """Note that another selection is asked for: an unfinished change may lie in between."""
        self._is_moved = True

    def settled(self) -> None:
        """Note that a new subscription begins: nothing lies in between."""
        self._is_moved = False

    def restore(self, message: SnapshotMessage) -> list[Change]:
        """Replace everything."""
        at = message.at
        is_other = (at.region, at.epoch) != (self.region, self.epoch)
        self.region, self.epoch, self.sequence = at.region, at.epoch, at.sequence
        self.origin = message.origin
        self._place = None
        self._unconfirmed = {(layer, of) for layer, of, _ in self}
        changes: list[Change] = []
        if is_other:
            self._drop_unconfirmed(changes)
        self._upsert(message.objects, changes)
        self._reach(message, changes)
        return changes

    def apply(self, message: DeltaMessage) -> list[Change]:
        """Apply the next message of the same subscription; raises GapError when it is not that."""
        at = message.at
        if (at.region, at.epoch, message.previous) != (self.region, self.epoch, self.sequence):
            raise GapError
        self.sequence = at.sequence
        changes: list[Change] = []
        for layer, removals in message.removed.items():
            for removal in removals:
                self._remove(layer, removal["id"], str(removal.get("reason", "")), changes)
        self._upsert(message.updated, changes)
        self._reach(message, changes)
        return changes

    def _reach(self, message: PictureMessage, changes: list[Change]) -> None:
        at = message.at
        self.complete = not at.more
        if self.complete:
            self._drop_unconfirmed(changes)
        if at.cursor is not None:
            self._place = (at.cursor, at.sequence)
        elif self._is_moved:
            # Half of the way to another selection, the place before is not one of this picture.
            self._place = None

    def _drop_unconfirmed(self, changes: list[Change]) -> None:
        for layer, of in sorted(self._unconfirmed):
            self._remove(layer, of, "replaced", changes)
        self._unconfirmed.clear()

    def _remove(self, layer: str, of: str, reason: str, changes: list[Change]) -> None:
        # After resuming the server may name what this client never had.
        before = self._layers.get(layer, {}).pop(of, None)
        if before is None:
            return
        self._unconfirmed.discard((layer, of))
        changes.append(Change("removed", layer, of, before=before, reason=reason))

    def _upsert(self, updated: Objects, changes: list[Change]) -> None:
        for layer, entries in updated.items():
            # A newer server may have layers that are not known here.
            of_layer = self._layers.setdefault(layer, {})
            for entry in entries:
                of = entry["id"]
                before = of_layer.get(of)
                of_layer[of] = entry
                self._unconfirmed.discard((layer, of))
                kind: Literal["added", "updated"] = "added" if before is None else "updated"
                changes.append(Change(kind, layer, of, entry, before))
