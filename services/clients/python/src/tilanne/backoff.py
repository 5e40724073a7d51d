"""How long to wait before the next try to connect."""

FIRST_WAIT_S = 0.5
"""First wait; a server that restarts is back within about this time."""

LONGEST_WAIT_S = 15.0
"""Longest wait; a client must come back by itself soon after the server does."""

DOUBLINGS_MAX = 16


def wait_before_try_s(
    failures: int,
    random: float,
    first_s: float = FIRST_WAIT_S,
    longest_s: float = LONGEST_WAIT_S,
) -> float:
    """Double the wait with each failure up to the bound, then take between half and all of it.

    So many clients do not come back at the same moment. `failures` counts the failed tries since
    the last good connection, `random` is from 0 inclusive to 1 exclusive.

    >>> wait_before_try_s(2, 0.0)
    1.0
    """
    doubled = first_s * 2 ** min(failures, DOUBLINGS_MAX)
    return float(min(doubled, longest_s) * (0.5 + random / 2))
