"""What has changed: of one message, and of many for a reader who comes by now and then."""

from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["added", "updated", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One object that came, changed or went."""

    kind: Kind
    layer: str
    id: str
    object: Any = None
    """As it is now; None of one that is gone. A dict as in `tilanne.objects`."""
    before: Any = None
    """As it was; None of one that is new."""
    reason: str | None = None
    """Why it is gone.

    It `left` what is subscribed to, it `expired`, was `retracted` or has `ended`; `replaced`: it
    was not in a snapshot that came instead of the changes.
    """


class PendingChanges:
    """What a reader has not taken yet, as the difference to what the reader knows.

    Of each object it keeps only the newest, so it never has more entries than there are objects
    known to the reader or in the picture, however long nobody reads.
    """

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], Change] = {}

    def __len__(self) -> int:
        return len(self._changes)

    def add(self, change: Change) -> None:
        """Note a change."""
        key = (change.layer, change.id)
        waiting = self._changes.get(key)
        net = change if waiting is None else _merged(waiting, change)
        if net is None:
            del self._changes[key]
        else:
            self._changes[key] = net

    def take(self) -> Change | None:
        """Give the oldest that waits."""
        for key in self._changes:
            return self._changes.pop(key)
        return None


def _merged(first: Change, then: Change) -> Change | None:
    """Two changes of the same object as one; None when the reader need not know of either."""
    if then.kind == "removed":
        return None if first.kind == "added" else replace(then, before=first.before)
    if first.kind == "added":
        return replace(then, kind="added", before=None)
    return replace(then, kind="updated", before=first.before)
