"""The truth of a day, and the naive baselines that an estimate is compared with.

Scoring rule: links of at least 50 m, at least 3 cars in the window, cars alone; wMAPE = sum |error| / sum truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from streets import Streets

LENGTH_MIN = 50.0
CARS_MIN = 3
# km/h
SPEED_MIN = 0.3

# Within which the hour of the flow lies, s since 07:00.
HOUR = (1800, 5400)
FIVE_MINUTES = 300
# The demand ends after two hours.
WINDOWS_MAX = 24


@dataclass(frozen=True)
class Case:
    """Which cars report, and how often."""

    name: str
    share: float
    every: int


CASES = (
    Case("5pct_1s", 0.05, 1),
    Case("10pct_1s", 0.10, 1),
    Case("20pct_1s", 0.20, 1),
    Case("10pct_10s", 0.10, 10),
    Case("10pct_30s", 0.10, 30),
    Case("buses", 0.0, 1),
)


def draw(vehicle: str) -> float:
    """A vehicle's place in 0 to 1: it reports where the share is above."""
    return crc32(f"p{vehicle}".encode()) / 2**32


def windows(cars: pd.DataFrame, step: int) -> pd.DataFrame:
    """Speed in km/h, samples and vehicles of each edge and window."""
    result = (
        cars.groupby(["edge", cars.t // step])
        .agg(speed=("speed", "mean"), samples=("speed", "size"), vehicles=("id", "nunique"))
        .reset_index()
    )
    result["speed"] *= 3.6
    return result


def entries(cars: pd.DataFrame) -> pd.DataFrame:
    """Vehicles that came to each edge in each five minutes."""
    first = (cars.id != cars.id.shift()) | (cars.edge != cars.edge.shift())
    came = cars[first]
    result = came.groupby(["edge", came.t // FIVE_MINUTES]).agg(vehicles=("id", "size"))
    return result.reset_index()


def counts(cars: pd.DataFrame) -> pd.Series:
    """Vehicles of each edge in the hour."""
    return cars[(cars.t >= HOUR[0]) & (cars.t < HOUR[1])].groupby("edge").id.nunique()


def geh(estimate: pd.Series, truth: pd.Series) -> pd.Series:
    """GEH statistic of hourly flows."""
    return np.sqrt(2 * (estimate - truth) ** 2 / (estimate + truth).clip(lower=1e-9))


def wmape(estimate: pd.Series, truth: pd.Series) -> float:
    """Percent."""
    return float((estimate - truth).abs().sum() / truth.sum() * 100)


class Truth:
    """What the cars of a day really did."""

    def __init__(self, streets: Streets, table: pd.DataFrame) -> None:
        self.length = pd.Series({edge.id: edge.length for edge in streets.edges.values()})
        self.limit = pd.Series({edge.id: edge.limit * 3.6 for edge in streets.edges.values()})
        cars = table[~table.bus & ~table.edge.str.startswith(":")].copy()
        cars["draw"] = cars.id.map({vehicle: draw(vehicle) for vehicle in cars.id.unique()})
        self.cars = cars

    def is_long(self, edges: pd.Series) -> pd.Series:
        """Whether edges are scored at all."""
        return edges.map(self.length) >= LENGTH_MIN

    def speeds(self, step: int) -> pd.DataFrame:
        """Windows that are scored."""
        all_windows = windows(self.cars, step)
        scored = self.is_long(all_windows.edge) & (all_windows.vehicles >= CARS_MIN) & (all_windows.speed > SPEED_MIN)
        return all_windows[scored]

    def flow(self) -> pd.Series:
        """Cars of the hour on each edge that is scored."""
        result = counts(self.cars)
        return result[result.index.map(self.length) >= LENGTH_MIN]

    def five_minutes(self) -> pd.DataFrame:
        """Cars that came to each edge in each five minutes, where there is one."""
        result = entries(self.cars)
        return result[self.is_long(result.edge) & (result.t < WINDOWS_MAX)]

    def probes(self, case: Case) -> pd.DataFrame:
        """Cars that report, in the seconds in which they do."""
        cars = self.cars[self.cars.draw < case.share]
        phase = (cars.draw * 1e6).astype(int)
        return cars[(cars.t + phase) % case.every == 0]


def baselines(truth: Truth, history: list[Truth], counted: pd.Series) -> Iterator[tuple[str, str, float]]:
    """Case, quantity and figure of the naive estimates.

    Speed: probes shrunk to the history of the same window, worth 40 s, in the domain of the pace. Flow of the hour:
    probes over their share of what detectors counted (`counted`, vehicles of the hour by edge). Flow of five minutes,
    and all flow without probes: the history's.
    """
    past = pd.concat([day.cars.assign(id=day.cars.id + f"/{index}") for index, day in enumerate(history)])
    for step in (FIVE_MINUTES, 60):
        usual = windows(past, step).rename(columns={"speed": "usual"})[["edge", "t", "usual"]]
        scored = truth.speeds(step).merge(usual, on=["edge", "t"], how="left")
        mean = usual.groupby("edge").usual.mean()
        prior = scored.usual.fillna(scored.edge.map(mean)).fillna(scored.edge.map(truth.limit) * 0.6)
        for case in CASES:
            yield case.name, f"speed_{step}s", _speed(truth, case, step, scored, prior)
    flow = truth.flow()
    usual_flow = (counts(past) / len(history)).reindex(flow.index).fillna(0)
    for case in CASES:
        estimate = usual_flow
        if case.share > 0:
            probes = counts(truth.probes(case)).reindex(flow.index).fillna(0)
            with_detector = counted.index.intersection(flow.index)
            share = probes.reindex(with_detector).sum() / counted.reindex(with_detector).sum()
            estimate = probes / max(share, 1e-6)
        yield case.name, "flow_hour_geh", float((geh(estimate, flow) < 5).mean() * 100)
        yield case.name, "flow_hour", wmape(estimate, flow)
    five_minutes = truth.five_minutes().set_index(["edge", "t"]).vehicles
    usual_windows = entries(past).set_index(["edge", "t"]).vehicles / len(history)
    error = wmape(usual_windows.reindex(five_minutes.index).fillna(0), five_minutes)
    for case in CASES:
        yield case.name, "flow_300s", error


def _speed(truth: Truth, case: Case, step: int, scored: pd.DataFrame, prior: pd.Series) -> float:
    if case.share == 0:
        return wmape(prior, scored.speed)
    seen = windows(truth.probes(case), step).rename(columns={"speed": "seen", "samples": "seconds"})
    merged = scored[["edge", "t"]].merge(seen[["edge", "t", "seen", "seconds"]], on=["edge", "t"], how="left")
    believed = prior.clip(lower=2)
    seconds = merged.seconds.fillna(0) * case.every
    speed = merged.seen.fillna(believed).clip(lower=1.5)
    estimate = (seconds + 40) / (seconds / speed + 40 / believed)
    return wmape(estimate, scored.speed)
