"""The picture against a server that keeps the protocol, whatever happens to the connection."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from scripted import vehicle
from tilanne.changes import PendingChanges
from tilanne.picture import Picture
from tilanne.protocol import DeltaMessage, SnapshotMessage, Stamp

PLACES = 6
KEPT = 12
Range = tuple[int, int]
World = dict[str, int]


@dataclass
class Server:
    """Objects on a line, of which a range is selected."""

    chance: random.Random
    log: list[tuple[str, int | None]] = field(default_factory=list)
    held: World = field(default_factory=dict)
    pending: dict[str, None] = field(default_factory=dict)
    sequence: int = 0

    def change(self) -> None:
        at = None if self.chance.random() < 0.2 else self.chance.randrange(PLACES)
        self.log.append((f"v{self.chance.randrange(8)}", at))

    def world(self, selected: Range, until: int | None = None) -> World:
        everything: World = {}
        for of, at in self.log[:until]:
            everything.pop(of, None)
            if at is not None and selected[0] <= at <= selected[1]:
                everything[of] = at
        return everything

    def snapshot(self, selected: Range) -> SnapshotMessage:
        self.held = {}
        self.pending = dict.fromkeys(self.world(selected))
        self.sequence = len(self.log)
        objects = self.some(selected)
        return SnapshotMessage(self.stamp(selected), "demo", "", objects)

    def resume(self, cursor: str, selected: Range) -> SnapshotMessage | DeltaMessage:
        """From a cursor; or everything when that is of another selection or too old."""
        since, *of = map(int, cursor.split("~"))
        if tuple(of) != selected or len(self.log) - since > KEPT:
            return self.snapshot(selected)
        # It is not known which of what was missed the client has, nor in which version.
        self.held = self.world(selected) | dict.fromkeys((of for of, _ in self.log[since:]), -1)
        self.pending = {}
        self.sequence = since
        return self.delta(selected)

    def delta(self, selected: Range) -> DeltaMessage:
        previous, now = self.sequence, self.world(selected)
        gone = [of for of in self.held if of not in now]
        for of in gone:
            del self.held[of]
        self.pending |= {of: None for of, at in now.items() if self.held.get(of) != at}
        self.sequence = len(self.log)
        updated = self.some(selected)
        removed: Any = {"vehicles": [{"id": of, "reason": "left"} for of in gone]}
        return DeltaMessage(self.stamp(selected), previous, updated, removed)

    def some(self, selected: Range) -> Any:
        """Give what is pending, or some of it."""
        now = self.world(selected)
        self.pending = {of: None for of in self.pending if of in now}
        taken = list(self.pending)[: 1 if self.chance.random() < 0.3 else None]
        for of in taken:
            del self.pending[of]
            self.held[of] = now[of]
        return {"vehicles": [vehicle(of, now[of]) for of in taken]}

    def stamp(self, selected: Range) -> Stamp:
        more = bool(self.pending)
        cursor = None if more else f"{self.sequence}~{selected[0]}~{selected[1]}"
        return Stamp("s", "north", "e", self.sequence, cursor, 0, 0, 0, more)


def places(objects: Any) -> World:
    return {of: one["report"]["position"]["longitude_deg"] for of, one in objects.items()}


@pytest.mark.parametrize("seeds", [range(n, n + 50) for n in range(0, 400, 50)], ids=str)
def test_it_is_what_the_server_has_whatever_is_cut_moved_and_split(seeds: range):
    for seed in seeds:
        chance = random.Random(seed)
        server, picture = Server(chance), Picture()
        # A reader that comes by now and then, and keeps what it is told.
        pending, read = PendingChanges(), {}
        selected: Range = (0, PLACES)

        def hear(message: Any, picture: Picture = picture, pending: Any = pending) -> None:
            is_snapshot = isinstance(message, SnapshotMessage)
            changes = picture.restore(message) if is_snapshot else picture.apply(message)
            for change in changes:
                pending.add(change)

        hear(server.snapshot(selected))
        for _ in range(120):
            what = chance.randrange(20)
            is_cut = what >= 18
            if what < 10:
                server.change()
                continue
            if what < 15:
                hear(server.delta(selected))
            elif what < 18:
                low = chance.randrange(PLACES)
                selected = chance.choice([(0, PLACES), (low, low + chance.randrange(3))])
                picture.moved()
                # The connection may break before the server has heard of it.
                is_cut = chance.random() < 0.25
                if not is_cut:
                    hear(server.delta(selected))
            if is_cut:
                cursor = picture.resume()
                picture.settled()
                again = server.snapshot(selected)
                hear(again if cursor is None else server.resume(cursor, selected))
            if not picture.complete:
                continue
            ours = places(picture.layer("vehicles"))
            assert ours == server.world(selected, picture.sequence), seed
            if chance.random() < 0.8:
                continue
            while change := pending.take():
                assert (change.kind == "added") == (change.id not in read), seed
                read.pop(change.id, None)
                if change.kind != "removed":
                    read[change.id] = change.object
            assert places(read) == ours, seed
