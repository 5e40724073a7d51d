"""What the cars of a day really emitted, how each type emits by speed, and the naive estimates.

The truth is HBEFA 4 in the simulation: what is claimed of it is agreement with that, never measured accuracy. Only cars,
vans and lorries count; buses are known one by one. CO2 and NOx are in grams.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from truth import CARS_MIN, CASES, FIVE_MINUTES, SPEED_MIN, Case, Truth, wmape

# Vehicle types of the simulation as our classes.
CLASSES = {
    "pc_p4": "car_petrol_euro_4",
    "pc_p5": "car_petrol_euro_5",
    "pc_p6": "car_petrol_euro_6",
    "pc_p6d": "car_petrol_euro_6d",
    "pc_d4": "car_diesel_euro_4",
    "pc_d5": "car_diesel_euro_5",
    "pc_d6": "car_diesel_euro_6",
    # Plug-in hybrids of the simulation burn petrol all the time: as a petrol car of their year.
    "pc_phev": "car_petrol_euro_6d_temp",
    "pc_bev": "car_electric",
    "lcv_d5": "van_diesel_euro_5",
    "lcv_d6": "van_diesel_euro_6d",
    "rt_6": "rigid_diesel_euro_vi_de",
    "rt_5": "rigid_diesel_euro_v",
}

# Speeds, km/h, between which the rates of a type are linear.
KNOTS = np.array([0.0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 35, 40, 50])
POLLUTANTS = {"CO2": "co2_g", "NOx": "nox_g"}


def windows(cars: pd.DataFrame, by: tuple[str, ...] = ()) -> pd.DataFrame:
    """Emission, seconds, mean speed (km/h) and vehicles of each edge and five minutes."""
    result = (
        cars.groupby(["edge", cars.t // FIVE_MINUTES, *by])
        .agg(
            co2_g=("CO2", "sum"),
            nox_g=("NOx", "sum"),
            seconds=("speed", "size"),
            speed=("speed", "mean"),
            vehicles=("id", "nunique"),
        )
        .reset_index()
    )
    result[["co2_g", "nox_g"]] /= 1000
    result["speed"] *= 3.6
    return result


def marked(truth: Truth) -> pd.DataFrame:
    """All windows, and which of them are scored by themselves."""
    result = windows(truth.cars)
    result["scored"] = truth.is_long(result.edge) & (result.vehicles >= CARS_MIN) & (result.speed > SPEED_MIN)
    return result


def scored(truth: Truth) -> pd.DataFrame:
    """Windows that are scored."""
    result = marked(truth)
    return result[result.scored]


def _hats(speed: pd.Series) -> np.ndarray:
    """Weights of the knots at each speed."""
    return np.stack([np.interp(speed, KNOTS, row) for row in np.eye(len(KNOTS))], axis=1)


def rates(truth: Truth) -> pd.DataFrame:
    """Rates (g/s) of each class by speed, fitted to its windows with least absolute errors."""
    parts = windows(truth.cars, ("type",))
    rows = []
    for name, part in parts.groupby("type"):
        weights = _hats(part.speed) * part.seconds.to_numpy()[:, None]
        for column in POLLUTANTS.values():
            amount = part[column].to_numpy()
            if amount.sum() <= 0:
                continue
            # A straight line over the knots holds those that few windows are at.
            bend = np.diff(np.eye(len(KNOTS)), 2, axis=0) * 0.02 * weights.sum()
            usual = amount.sum() / part.seconds.sum()
            bend = bend / usual * amount.mean() / weights.sum() * 10
            solution = np.full(len(KNOTS), usual)
            for _ in range(20):
                near = (np.abs(amount - weights @ solution) + 0.05 * amount.mean()) ** -0.5
                near = near / near.mean()
                left = np.concatenate([weights * near[:, None], bend])
                right = np.concatenate([amount * near, np.zeros(len(bend))])
                solution = np.linalg.lstsq(left, right, rcond=None)[0]
            for speed, rate in zip(KNOTS, np.maximum(solution, 0.0), strict=True):
                rows.append((CLASSES[name], column, speed, rate))
    return pd.DataFrame(rows, columns=["class", "pollutant", "speed_km_h", "rate_g_s"])


def shares(truth: Truth) -> pd.DataFrame:
    """Shares of the classes in all kilometres."""
    km = truth.cars.groupby("type").speed.sum()
    km = km[km.index.isin(CLASSES)]
    rows = [(CLASSES[name], value / km.sum()) for name, value in km.items()]
    return pd.DataFrame(rows, columns=["class", "share"])


def _curve(train: pd.DataFrame) -> np.ndarray:
    """The naive average-speed curve of CO2: a + b/V + cV + dV2 in g/km."""
    km = train.speed / 3.6 * train.seconds / 1000
    basis = np.stack([np.ones(len(train)), 1 / train.speed, train.speed, train.speed**2], axis=1)
    weight = np.sqrt(km.to_numpy())
    return np.linalg.lstsq(basis * weight[:, None], (train.co2_g / km).to_numpy() * weight, rcond=None)[0]


def baselines(truth: Truth, train: Truth) -> Iterator[tuple[str, str, float]]:
    """Case, quantity and figure of the naive estimates: the curve of the train day at speeds shrunk to that day's, and
    kilometres of probes blended with that day's."""
    usual = windows(train.cars).rename(columns={"speed": "usual", "seconds": "usual_s"})
    usual["usual_km"] = usual.usual / 3.6 * usual.usual_s / 1000
    curve = _curve(scored(train))
    cells = marked(truth).merge(usual[["edge", "t", "usual", "usual_km"]], on=["edge", "t"], how="left")
    mean = usual.groupby("edge")[["usual", "usual_km"]].mean()
    believed = cells.usual.fillna(cells.edge.map(mean.usual)).fillna(20).clip(lower=2)
    km = cells.usual_km.fillna(cells.edge.map(mean.usual_km)).fillna(0)
    for case in CASES:
        estimate = _naive(truth, case, cells, believed, km, curve)
        own = cells.scored
        yield case.name, "co2_link_300s", wmape(estimate[own], cells.co2_g[own])
        by_link = (part[own].groupby(cells.edge[own]).sum() for part in (estimate, cells.co2_g))
        yield case.name, "co2_link_2h", wmape(*by_link)
        quarter = cells.t // 3
        by_quarter = estimate.groupby(quarter).sum(), cells.co2_g.groupby(quarter).sum()
        yield case.name, "co2_network_15min", wmape(*by_quarter)


def _naive(
    truth: Truth, case: Case, cells: pd.DataFrame, believed: pd.Series, km: pd.Series, curve: np.ndarray
) -> pd.Series:
    speed, driven_km = believed.clip(lower=2), km
    if case.share > 0:
        seen = windows(truth.probes(case)).rename(columns={"speed": "seen", "seconds": "seen_s"})
        merged = cells[["edge", "t"]].merge(seen[["edge", "t", "seen", "seen_s"]], on=["edge", "t"], how="left")
        seconds = merged.seen_s.fillna(0) * case.every
        pace_speed = merged.seen.fillna(believed).clip(lower=1.5)
        speed = (seconds + 40) / (seconds / pace_speed + 40 / believed)
        seen_km = (merged.seen / 3.6 * merged.seen_s * case.every / 1000).fillna(0)
        driven_km = (seen_km * 4 + km) / (case.share * 4 + 1)
    basis = np.stack([np.ones(len(speed)), 1 / speed, speed, speed**2], axis=1)
    return pd.Series(basis @ curve, index=cells.index) * driven_km
