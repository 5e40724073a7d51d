"""Judges the feeds of a region by the rules of gtfs-rt-validator: those of MobilityData's, which is
in no package registry, and those of the specification since. What a rule of severity ERROR finds
fails. The schedule that the ids have to join is a folder with the files of GTFS.
"""

import datetime
import json
import pathlib
import sys
import tempfile
import urllib.request
import zipfile

from google.transit import gtfs_realtime_pb2
from gtfs_rt_validator.api import Mode, Request, resolve_roles, validate

base, region, schedule = sys.argv[1:]
ROLES = {"tu": "trip-updates", "vp": "vehicle-positions", "sa": "alerts"}

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    with zipfile.ZipFile(folder / "schedule.zip", "w") as packed:
        for file in sorted(pathlib.Path(schedule).glob("*.txt")):
            packed.write(file, file.name)
    entities, time = 0, 0
    for kind in ROLES.values():
        with urllib.request.urlopen(f"{base}/v1/regions/{region}/gtfs-rt/{kind}") as answer:
            body = answer.read()
        (folder / kind).write_bytes(body)
        message = gtfs_realtime_pb2.FeedMessage.FromString(body)
        entities += len(message.entity)
        time = max(time, message.header.timestamp)
    assert 1_000_000_000 < time < 5_000_000_000, "POSIX seconds"
    # When the newest feed was made: the server's clock may be another one.
    now = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    targets = {role: str(folder / kind) for role, kind in ROLES.items()}
    request = Request(
        mode=Mode.MODERN, gtfs=folder / "schedule.zip", inputs=resolve_roles(targets), at=now
    )
    result = validate(request)
    report = json.loads(result.write(folder / "report").report.read_text())
    problems = json.loads((folder / "report/system_errors.json").read_text())["notices"]

summary = report["summary"]
assert not problems, problems
assert summary["messagesValidated"] == 3 and summary["filesSkipped"] == 0, summary
assert {"E003", "E004", "E011", "E045", "E052"} <= set(summary["rulesRun"]), summary
errors = [notice for notice in report["notices"] if notice["severity"] == "ERROR"]
assert not errors, json.dumps(errors, indent=1)
print(f"{entities} entities, {len(summary['rulesRun'])} rules")
