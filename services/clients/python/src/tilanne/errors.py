"""What can go wrong, as errors that say what to do."""

from dataclasses import dataclass
from typing import Any

BAD_REQUEST = 400
GONE = 410
TOO_LARGE = 413
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as the server tells it (RFC 9457)."""

    title: str
    status: int
    detail: str

    @classmethod
    def read(cls, value: Any) -> "Problem":
        """Read what the server says, whatever it is."""
        said = value if isinstance(value, dict) else {}
        title, status, detail = said.get("title"), said.get("status"), said.get("detail")
        return cls(
            title if isinstance(title, str) else "",
            status if isinstance(status, int) else 0,
            detail if isinstance(detail, str) else "",
        )

    @property
    def is_final(self) -> bool:
        """Whether asking the same again cannot help."""
        return BAD_REQUEST <= self.status < SERVER_ERROR


class TilanneError(Exception):
    """Any error of this package."""


class RefusedError(TilanneError):
    """The server refuses what was asked for; `problem` says why. Ask for something else."""

    advice = "ask for something else"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        said = f"{problem.title}: {problem.detail} (status {problem.status})"
        super().__init__(f"{said}; {self.advice}")

    @staticmethod
    def of(problem: Problem) -> "RefusedError":
        """Give the error that fits a problem."""
        kinds = {TOO_LARGE: TooLargeError, GONE: GoneError}
        return kinds.get(problem.status, RefusedError)(problem)


class TooLargeError(RefusedError):
    """More objects than a subscription can have. Take a smaller area or fewer layers."""

    advice = "take a smaller area, fewer layers or a filter"


class GoneError(RefusedError):
    """Events that the log no longer has, or a cursor of a log that a crash has ended."""

    advice = "start anew with time_ms, or from now without it"


class ConnectionLostError(TilanneError):
    """The server cannot be reached, or does not stay. Check the address, and that it runs."""


class UsageError(TilanneError, ValueError):
    """Something was done that cannot be, such as subscribing with a client that is closed."""


class MissingPackageError(TilanneError, ImportError):
    """A package is needed that is not installed. The message says which."""
