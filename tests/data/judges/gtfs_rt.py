"""Parses the feeds of a region with the official bindings, and compares them with the layers."""

import json
import sys
import time
import urllib.request

from google.transit import gtfs_realtime_pb2

base, region = sys.argv[1:]


def get(path):
    with urllib.request.urlopen(f"{base}/v1/regions/{region}/{path}") as answer:
        return answer.read()


def feed(kind):
    message = gtfs_realtime_pb2.FeedMessage()
    message.ParseFromString(get(f"gtfs-rt/{kind}"))
    assert message.IsInitialized(), message.FindInitializationErrors()
    assert message.header.gtfs_realtime_version == "2.0"
    assert message.header.incrementality == gtfs_realtime_pb2.FeedHeader.FULL_DATASET
    assert 1_000_000_000 < message.header.timestamp < 5_000_000_000, "POSIX seconds"
    return message


vehicles = {entity.id: entity.vehicle for entity in feed("vehicle-positions").entity}
layer = json.loads(get("vehicles?format=json"))["objects"]
placed = [vehicle for vehicle in layer if "position" in vehicle["report"]]
assert placed and set(vehicles) == {vehicle["id"] for vehicle in placed}, vehicles
for vehicle in placed:
    out, report = vehicles[vehicle["id"]], vehicle["report"]
    assert vehicle["id"].endswith(":" + out.vehicle.id)
    assert abs(out.position.longitude - report["position"]["longitude_deg"]) < 1e-5
    assert out.trip.trip_id == report.get("trip", {}).get("trip_id", "")
    assert out.trip.route_id == report.get("trip", {}).get("route_id", "")

trips = feed("trip-updates").entity
assert all(entity.trip_update.trip.trip_id for entity in trips)
alerts = feed("alerts").entity
assert alerts and all(entity.alert.informed_entity for entity in alerts)
print(f"{len(vehicles)} vehicles, {len(trips)} trip updates, {len(alerts)} alerts")
