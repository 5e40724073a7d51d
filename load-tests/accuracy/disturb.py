"""Disturb a simulated day: one lane of a busy street is closed for forty minutes.

The extra traffic of the disturbed day is in the demand that `build.py` was asked for; this adds the closure.
"""

import xml.etree.ElementTree as ET
from pathlib import Path

# The left of two lanes, over 103 m up to a signal, on a street of about 350 vehicles an hour (400 on the disturbed
# day). The other lane leads to every street beyond, so that no turn is lost, and has a bus stop: while a bus
# stands there, nobody passes.
LANE = "24336604#0_1"
# Seconds since 07:00: 07:40 to 08:20, over the peak.
BEGIN = 2400
END = 4800

CLOSURE = "closure.add.xml"


def closure(lane: str, begin: int, end: int) -> ET.ElementTree:
    """An additional file for SUMO that closes a lane to everybody from `begin` to `end`."""
    edge = lane.rsplit("_", 1)[0]
    additional = ET.Element("additional")
    rerouter = ET.SubElement(additional, "rerouter", id="closure", edges=edge)
    interval = ET.SubElement(rerouter, "interval", begin=str(begin), end=str(end))
    ET.SubElement(interval, "closingLaneReroute", id=lane, disallow="all")
    tree = ET.ElementTree(additional)
    ET.indent(tree)
    return tree


def disturb(target: Path) -> None:
    """Add the closure to the day that `build.py` wrote to the folder `target`. A second call changes nothing."""
    closure(LANE, BEGIN, END).write(target / CLOSURE, encoding="utf-8", xml_declaration=True)
    configuration = target / "run.sumocfg"
    tree = ET.parse(configuration)
    files = tree.find("input/additional-files")
    if files is None:
        raise ValueError(f"{configuration}: no additional files")
    names = files.get("value", "").split(",")
    if CLOSURE not in names:
        files.set("value", ",".join([*names, CLOSURE]))
        tree.write(configuration, encoding="utf-8")
