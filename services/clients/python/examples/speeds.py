"""Prints the mean speed of vehicles by mode, from a snapshot: speeds.py URL REGION."""

import asyncio
import sys

import tilanne

if __name__ == "__main__":
    url, region = sys.argv[1:3]
    picture = asyncio.run(tilanne.snapshot(url, region=region, layers=["vehicles"]))
    if picture.origin != "live":
        print(f"this is not live: {picture.origin}")
    vehicles = picture.to_geopandas("vehicles")
    # Local metres, so that distances mean something.
    vehicles = vehicles.to_crs(vehicles.estimate_utm_crs())
    for mode, of_mode in vehicles.groupby("report.mode"):
        speed_km_h = of_mode["report.speed_km_h"].mean()
        width_m = of_mode.total_bounds[2] - of_mode.total_bounds[0]
        print(f"{mode}: {len(of_mode)} within {width_m:.0f} m, {speed_km_h:.1f} km/h")
