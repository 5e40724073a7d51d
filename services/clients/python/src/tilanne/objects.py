"""Objects of the picture as they come in JSON; units are in the names.

What is not known is None or left out. Made by `tools/objects.py` from the description
of the API: do not edit.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict, get_args

LayerName = Literal[
    "vehicles",
    "detectors",
    "situations",
    "trips",
    "feeds",
    "links",
    "queues",
    "areas",
    "link_emissions",
    "area_emissions",
    "weather",
]
"""Layers of the picture."""

LAYERS: tuple[LayerName, ...] = get_args(LayerName)


class Vehicle(TypedDict):
    """A vehicle as best known."""

    emission: NotRequired[VehicleEmission | None]
    event_time_ms: int
    """When it was true."""
    feed: str
    """Feed that it is known from."""
    id: str
    """`<feed>:<entity>`."""
    match: NotRequired[VehicleMatch | None]
    position_time_ms: NotRequired[int | None]
    """Time of the believed fix."""
    received_time_ms: int
    """When it was received."""
    report: VehiclePosition
    """The newest report; its position is that of the newest believed fix."""
    verdicts: list[str]
    """What is doubtful."""


class Detector(TypedDict):
    """A detector station as best known."""

    directions: list[DetectorDirection]
    """By direction number."""
    event_time_ms: int
    """When it was true."""
    feed: str
    """Feed that it is known from."""
    id: str
    """`<feed>:<entity>`."""
    received_time_ms: int
    """When it was received."""
    station: DetectorStation
    """Reference data."""
    verdicts: list[str]
    """What is doubtful."""


class Situation(TypedDict):
    """A traffic message or service alert in its newest version."""

    effect: NotRequired[SituationEffect | None]
    event_time_ms: int
    """When it was true."""
    feed: str
    """Feed that it is known from."""
    id: str
    """`<feed>:<entity>`."""
    received_time_ms: int
    """When it was received."""
    record: SituationRecord
    """What it says."""
    verdicts: list[str]
    """What is doubtful."""


class Trip(TypedDict):
    """A trip's progress."""

    event_time_ms: int
    """When it was true."""
    feed: str
    """Feed that it is known from."""
    id: str
    """`<feed>:<entity>`."""
    received_time_ms: int
    """When it was received."""
    update: TripUpdate
    """Newest update."""
    verdicts: list[str]
    """What is doubtful."""


class Feed(TypedDict):
    """How a feed is, and what became of everything it sent."""

    applied: int
    """In the picture."""
    connection: str
    dropped: int
    """Not wanted."""
    duplicate: int
    """There before."""
    error: NotRequired[str | None]
    """What is wrong and what to do."""
    id: str
    """Name of the feed."""
    imbalances: int
    """Times that the counts did not agree; 0 in a sound system."""
    last_event_ms: NotRequired[int | None]
    """Newest event time."""
    last_received_ms: NotRequired[int | None]
    """When the newest record came."""
    quarantined: int
    """Kept out by a verdict."""
    reasons: list[ReasonCount]
    """By outcome and reason."""
    received: int
    """Records received: the sum of the next six."""
    rejected: int
    """Not readable."""
    status_time_ms: int
    """When this was known."""
    superseded: int
    """Older than what was there."""
    watermark_ms: int
    """No event older than this is still expected."""


Link = TypedDict(
    "Link",
    {
        "class": "str",
        "closed": "bool",
        "detectors": NotRequired["list[str] | None"],
        "event_time_ms": "int",
        "five_minutes": "LinkWindow",
        "free_flow_speed_km_h": "float",
        "id": "str",
        "lanes": "int",
        "length_m": "float",
        "line": "list[Position]",
        "minute": "LinkWindow",
        "name": "str",
        "situations": NotRequired["list[str] | None"],
        "speed_limit_km_h": "int",
        "typical_speed_km_h": NotRequired["float | None"],
    },
)
"""Traffic on one directed link of the street network."""


class Queue(TypedDict):
    """Links in a row or a tree whose traffic is queuing."""

    delay_s: float
    """Of a vehicle that drives through its longest branch."""
    event_time_ms: int
    """End of the newest window."""
    excess_co2_g_h: NotRequired[float | None]
    """CO2 that its traffic emits more than at free flow."""
    excess_co2_high_g_h: NotRequired[float | None]
    """Upper end of its interval."""
    excess_co2_low_g_h: NotRequired[float | None]
    """Lower end of its interval."""
    id: str
    """Id."""
    irregular: bool
    """Not usual at this hour."""
    length_m: float
    """Length now."""
    length_m_max: float
    """Greatest length so far."""
    links: list[str]
    """From the head upstream."""
    merged: NotRequired[list[str] | None]
    """Queues that became part of it."""
    position: Position
    """Where its head stands."""
    situations: NotRequired[list[str] | None]
    """Traffic messages and road works on its links."""
    speed_km_h: float
    """Speed in it."""
    start_time_ms: int
    """When it began."""
    trend: str


class Area(TypedDict):
    """Traffic of an area in the newest five minutes."""

    boundary: list[Position]
    """A closed ring; empty in GeoJSON, where the geometry has it."""
    coverage: Coverage
    """How much of it is known."""
    delay_veh_h_h: float
    """Lost in an hour at this rate."""
    event_time_ms: int
    """End of the newest window."""
    free_flow_speed_km_h: NotRequired[float | None]
    """The same if all drove at free flow."""
    id: str
    """`<kind>:<id>`."""
    kind: str
    name: str
    """Name to show."""
    queue_km: float
    """Length of its queues."""
    speed_km_h: NotRequired[float | None]
    """Distance over time of all vehicles on its known links."""
    street_km: float
    """Length of its streets, each direction by itself."""
    traffic_veh_km_h: float
    """Driven in an hour at this rate."""


class Emission(TypedDict):
    """What the traffic on a link or in an area emits."""

    alternatives: NotRequired[list[EmissionAlternative] | None]
    """The newest minute with other factor sets."""
    event_time_ms: int
    """End of the newest window."""
    factor_set: str
    """Name and version of the factors."""
    five_minutes: EmissionWindow
    """Five minutes."""
    id: str
    """Of the link or the area."""
    kind: NotRequired[str]
    known_street_km: float
    """Length of the streets whose traffic is in it."""
    line: list[Position]
    """Line of the link or boundary of the area; empty in GeoJSON, where the geometry has it."""
    minute: EmissionWindow
    """One minute."""
    name: str
    """Name to show."""
    noise: NotRequired[Noise | None]
    queue_excess_co2_g_h: float
    """Of the excess of CO2, what is in queues."""
    queue_excess_co2_high_g_h: float
    """Upper end of its interval."""
    queue_excess_co2_low_g_h: float
    """Lower end of its interval."""
    signal_excess_co2_g_h: float
    """Of the excess of CO2, what is before signals."""
    signal_excess_co2_high_g_h: float
    """Upper end of its interval."""
    signal_excess_co2_low_g_h: float
    """Lower end of its interval."""
    street_km: float
    """Length of all its streets, each direction by itself."""
    totals: NotRequired[list[EmissionTotal] | None]
    """Running and last hour, day and week; of areas only."""
    weather: NotRequired[EmissionWeather | None]


class Weather(TypedDict):
    """A road weather station as best known. What it does not measure, or has not for long, is
    missing.
    """

    air_temperature_c: NotRequired[TimedValue | None]
    event_time_ms: int
    """Of the newest measurement, else of the newest reference data."""
    feed: str
    """Feed that it is known from."""
    ice_mm: NotRequired[TimedValue | None]
    id: str
    """`<feed>:<station>`."""
    precipitation_mm_h: NotRequired[TimedValue | None]
    received_time_ms: int
    """When it was received."""
    road_surface: NotRequired[TimedSurface | None]
    road_temperature_c: NotRequired[TimedValue | None]
    snow_mm: NotRequired[TimedValue | None]
    station: WeatherStation
    """Reference data."""
    verdicts: list[str]
    """What is doubtful."""
    water_mm: NotRequired[TimedValue | None]


class CloudEvent(TypedDict):
    """An event as received and checked, in the envelope of CloudEvents 1.0."""

    data: EventData
    """The event, as `tilanne.v1.Event`."""
    datacontenttype: str
    """`application/json`."""
    id: str
    """Unique with `source`."""
    sequence: str
    """Place in the region's log, as text whose order is that of the log."""
    source: str
    """Address of the region's events."""
    specversion: str
    """`1.0`."""
    subject: str
    """The feed and its entity."""
    time: NotRequired[str | None]
    """When it was true."""
    type: str
    """`tilanne.v1.` and the kind of the event."""


class Stop(TypedDict):
    """A stop of public transport."""

    code: str | None
    """What its sign says beside the name, such as a number; null where the schedule has none."""
    id: str
    """Id, as vehicles, trips and messages say it."""
    latitude_deg: float
    """Latitude, degrees."""
    longitude_deg: float
    """Longitude, degrees."""
    name: str
    """Name; empty where the schedule has none."""


class VehicleEmission(TypedDict):
    """What one vehicle emits."""

    co2_g: float
    """Since it was first seen, from the tailpipe, fossil and biogenic."""
    co2_g_passenger_km: NotRequired[float | None]
    """CO2 per kilometre of a passenger; missing where it does not say how full it is."""
    co2_g_s: float
    """Between the last two fixes, from the tailpipe."""
    co2_high_g: float
    """Upper end of its interval."""
    co2_high_g_passenger_km: NotRequired[float | None]
    """Upper end of its interval."""
    co2_high_g_s: float
    """Upper end of its interval."""
    co2_low_g: float
    """Lower end of its interval."""
    co2_low_g_passenger_km: NotRequired[float | None]
    """Lower end of its interval."""
    co2_low_g_s: float
    """Lower end of its interval."""
    distance_km: float
    """Since it was first seen."""
    energy_high_mj: float
    """Upper end of its interval."""
    energy_low_mj: float
    """Lower end of its interval."""
    energy_mj: float
    """Since it was first seen, of fuel and battery."""
    event_time_ms: int
    """Time of the fix up to which it is known."""
    method: str
    nox_g: float
    """Since it was first seen, as NO2."""
    nox_high_g: float
    """Upper end of its interval."""
    nox_low_g: float
    """Lower end of its interval."""
    pm_g: float
    """Since it was first seen, from the tailpipe."""
    pm_high_g: float
    """Upper end of its interval."""
    pm_low_g: float
    """Lower end of its interval."""
    power_high_kw: float
    """Upper end of its interval."""
    power_kw: float
    """Between the last two fixes, of fuel and battery."""
    power_low_kw: float
    """Lower end of its interval."""
    vehicle_class: str
    """Its class, or the mix that stands for it."""


class VehicleMatch(TypedDict):
    """Where a vehicle was on the street network when that was last known."""

    along_m: float
    """Metres from the link's beginning."""
    confidence: float
    """Probability of the link under the model, 0 to 1."""
    event_time_ms: int
    """Time of the fix."""
    link: str
    """Empty when it is not known."""
    unknown: NotRequired[str | None]
    """Why there is no link: `off_network`, `tunnel`, `ferry`, `closed_street`, `ambiguous`."""


class VehiclePosition(TypedDict):
    """One report of a vehicle."""

    acceleration_m_s2: NotRequired[float | None]
    """Acceleration."""
    bearing_deg: NotRequired[float | None]
    """Clockwise from north."""
    delay_s: NotRequired[int | None]
    """Positive when late."""
    doors_open: NotRequired[bool | None]
    """Whether any door is open."""
    headsign: NotRequired[str | None]
    """Destination."""
    kind: str
    label: NotRequired[str | None]
    """Number on the vehicle."""
    location_source: str
    mode: str
    next_stop_id: NotRequired[str | None]
    """Stop after."""
    occupancy_percent: NotRequired[int | None]
    """How full it is."""
    occupancy_status: str
    odometer_m: NotRequired[float | None]
    """Distance since the start of the journey or the service."""
    operator_id: NotRequired[str | None]
    """Who runs it."""
    phase: str
    position: NotRequired[Position | None]
    route_short_name: NotRequired[str | None]
    """Line as passengers know it."""
    signal_priority: NotRequired[SignalPriority | None]
    speed_km_h: NotRequired[float | None]
    """Speed."""
    stop_id: NotRequired[str | None]
    """Stop it is at or heads for."""
    stop_sequence: NotRequired[int | None]
    """Number of the stop in the trip."""
    stop_status: str
    trip: NotRequired[TripDescriptor | None]


class DetectorDirection(TypedDict):
    """One direction of a station. Missing is unknown, not zero."""

    direction: int
    """1 along increasing road address, 2 along decreasing."""
    flow_share_percent: NotRequired[TimedValue | None]
    flow_veh_h: NotRequired[TimedValue | None]
    free_flow_speed_km_h: NotRequired[float | None]
    """Constant in force."""
    level_of_service: str
    occupancy_percent: NotRequired[TimedValue | None]
    speed_km_h: NotRequired[TimedValue | None]
    speed_share_percent: NotRequired[TimedValue | None]


class DetectorStation(TypedDict):
    """Reference data of a station."""

    bearing_deg: NotRequired[float | None]
    """Direction 1, clockwise from north."""
    collection_status: str
    constants: list[DetectorConstant]
    """Published constants."""
    name: NotRequired[str | None]
    """Name."""
    position: NotRequired[Position | None]
    state: NotRequired[str | None]
    """State as the publisher says it."""
    tms_number: NotRequired[int | None]
    """Number of the station."""


class SituationEffect(TypedDict):
    """What the traffic on the links of a traffic message shows."""

    contradicted: bool
    """It announces hindrance, but traffic was measured to flow as usual, or a closed street to
    be driven on.
    """
    delay_s: NotRequired[float | None]
    """Of a vehicle that drives over all that were measured, against the usual time."""
    event_time_ms: int
    """End of the window."""
    excess_co2_g_h: NotRequired[float | None]
    """CO2 that the traffic on its links emits more than at free flow."""
    excess_co2_high_g_h: NotRequired[float | None]
    """Upper end of its interval."""
    excess_co2_low_g_h: NotRequired[float | None]
    """Lower end of its interval."""
    links: list[str]
    """Links that the message touches."""
    links_measured: int
    """Those of them whose speed was measured in the newest five minutes."""
    speed_share_percent: NotRequired[float | None]
    """Their speed as a share of the usual one."""


class SituationRecord(TypedDict):
    """One version of a situation."""

    announcement_type: str
    cause: NotRequired[str | None]
    """Cause."""
    comment: NotRequired[str | None]
    """More text. Escape it."""
    description: NotRequired[str | None]
    """Text. Escape it."""
    effect: NotRequired[str | None]
    """Effect."""
    end_time_ms: NotRequired[int | None]
    """End."""
    features: list[str]
    """What it consists of."""
    geometry: NotRequired[Geometry | None]
    informed_entities: list[InformedEntity]
    """What it is about in public transport."""
    language: str
    """Language of the text."""
    municipality: NotRequired[str | None]
    """Municipality."""
    phase: str
    release_time_ms: NotRequired[int | None]
    """First published."""
    road_direction: NotRequired[str | None]
    """Direction on the road."""
    road_number: NotRequired[int | None]
    """Road."""
    start_time_ms: NotRequired[int | None]
    """Start."""
    title: str
    """Title. Text of the publisher: escape it."""
    type: str
    version: int
    """Version."""
    version_time_ms: int
    """When this version was made."""


class TripUpdate(TypedDict):
    """Progress of a trip."""

    delay_s: NotRequired[int | None]
    """Positive when late."""
    stop_time_updates: list[StopTimeUpdate]
    """By stop."""
    trip: TripDescriptor
    """The trip."""
    vehicle_id: NotRequired[str | None]
    """Vehicle that serves it."""


class ReasonCount(TypedDict):
    """Records of one outcome and reason."""

    count: int
    """How many."""
    outcome: str
    reason: str
    """Why."""


class LinkWindow(TypedDict):
    """Traffic on a link in one window of event time."""

    delay_s: float
    """Against free flow."""
    density_veh_km: NotRequired[float | None]
    """Cars on a kilometre."""
    duration_s: int
    """60 or 300."""
    end_time_ms: int
    """End of the window."""
    flow_method: str
    flow_veh_h: NotRequired[Estimate | None]
    hcm_level: str
    level_of_service: str
    method: str
    newest_sample_ms: NotRequired[int | None]
    """Newest sample behind the value."""
    occupancy_percent: NotRequired[float | None]
    """Share of time that a point of the link is covered."""
    queue_m: NotRequired[float | None]
    """Length of the standing traffic at the end of the link."""
    speed_km_h: Estimate
    """Space-mean speed of cars: distance over time."""
    stopped_s: NotRequired[float | None]
    """Mean time that a vehicle stood."""
    travel_time_s: float
    """Time to drive over the link."""
    vehicles: int
    """Vehicles that were seen on the link."""


class Position(TypedDict):
    """A point on WGS84."""

    latitude_deg: float
    """Degrees north."""
    longitude_deg: float
    """Degrees east."""


class Coverage(TypedDict):
    """Shares of the length of an area's streets, by how their speed is known; together 1."""

    fused: float
    """By several."""
    inferred: float
    """From earlier windows or neighbours."""
    measured: float
    """By one source in this window."""
    typical: float
    """What is usual."""
    unknown: float
    """Not at all."""


class EmissionAlternative(TypedDict):
    """The newest minute with another factor set. Buses and trams are metered by the shown set in
    each. `low` and `high` hold the truth in nine of ten cases.
    """

    co2_g_h: float
    """From the tailpipe, fossil and biogenic."""
    co2_high_g_h: float
    co2_low_g_h: float
    factor_set: str
    """Its name and version."""
    nox_g_h: float
    """As NO2."""
    nox_high_g_h: float
    nox_low_g_h: float
    pm_exhaust_g_h: float
    """From the tailpipe."""
    pm_exhaust_high_g_h: float
    pm_exhaust_low_g_h: float


class EmissionWindow(TypedDict):
    """Emission in one window of event time."""

    duration_s: int
    """60 or 300; 0 before the first window is over."""
    end_time_ms: int
    """End of the window."""
    rates: dict[str, EmissionRate]
    """By pollutant: `energy` (MJ), `co2_fossil`, `co2_biogenic`, `co2_upstream`, `nox`, `no2`
    (part of `nox`), `pm_exhaust`, `pn` (1e12), `co`, `nmhc`, `ch4`, `n2o`, `nh3`, and wear:
    `pm10_tyre`, `pm10_brake`, `pm10_road`, `pm25_tyre`, `pm25_brake`, `pm25_road`. What is
    nothing is left out.
    """
    transit_co2_g_h: float
    """CO2 of these vehicles from the tailpipe, fossil and biogenic."""
    transit_co2_g_passenger_km: NotRequired[float | None]
    """CO2 per kilometre of a passenger, of those of them that say how full they are."""
    transit_co2_high_g_h: float
    """Upper end of its interval."""
    transit_co2_high_g_passenger_km: NotRequired[float | None]
    """Upper end of its interval."""
    transit_co2_low_g_h: float
    """Lower end of its interval."""
    transit_co2_low_g_passenger_km: NotRequired[float | None]
    """Lower end of its interval."""
    transit_passenger_km: NotRequired[float | None]
    """Carried by those of them that say how full they are."""
    transit_vehicle_km: float
    """Of them by vehicles known one by one: public transport."""
    vehicle_km: float
    """Driven in the window."""


class Noise(TypedDict):
    """Sound power of traffic, CNOSSOS-EU: of a link per metre, of an area in all."""

    level_db: Estimate
    """A-weighted."""
    octave_db: list[float]
    """Octave bands of 63 Hz to 8 kHz, not weighted."""


class EmissionTotal(TypedDict):
    """What was emitted in an hour, a day or a week of local time."""

    amounts: dict[str, EmissionAmount]
    """By pollutant, as `rates`."""
    complete: bool
    """Whether it is over."""
    end_time_ms: int
    """End of the newest window in it."""
    period: str
    start_time_ms: int
    """When it began."""
    vehicle_km: float
    """Driven."""
    windows: int
    """Five-minute windows in it, with a state of the streets."""


class EmissionWeather(TypedDict):
    """The weather that emissions of an area were computed with."""

    road_source: str
    road_state: str
    """Of the roads, such as `dry` or `snow`."""
    road_stations: int
    """Stations behind the state of the roads."""
    temperature_c: float
    """Of the air: the median of the stations, in steps of one degree."""
    temperature_source: str
    temperature_stations: int
    """Stations behind the temperature."""


class TimedValue(TypedDict):
    """A value and when it was measured."""

    time_ms: int
    """When."""
    value: float
    """Value."""


class TimedSurface(TypedDict):
    """What lies on a road, with the time it was measured."""

    surface: str
    time_ms: int
    """When."""


class WeatherStation(TypedDict):
    """Reference data of a road weather station."""

    collection_status: str
    name: NotRequired[str]
    """Its name."""
    position: NotRequired[Position | None]
    state: NotRequired[str]
    """The publisher's word for the state of the equipment."""


class EventData(TypedDict):
    """An event; exactly one of its kinds is there."""

    entity: str
    """Id within the feed: a vehicle, trip, station or situation."""
    event_time_ms: int
    """When it was true."""
    feed: str
    """Name of the feed."""
    provenance: Provenance
    """Where it came from."""
    received_time_ms: int
    """When it was received."""
    region: str
    """Region."""
    verdicts: list[str]
    """What is doubtful about it."""


class SignalPriority(TypedDict):
    """Traffic light priority."""

    granted: NotRequired[bool | None]
    """Whether it was granted."""
    junction_id: NotRequired[int | None]
    """Junction."""
    request_id: NotRequired[int | None]
    """Request."""
    signal_group: NotRequired[int | None]
    """Signal group."""


class TripDescriptor(TypedDict):
    """A journey. Fields that are not known are missing."""

    direction_id: NotRequired[int]
    """0 or 1."""
    relationship: str
    route_id: NotRequired[str]
    """Id of the route."""
    start_date: NotRequired[str]
    """Service date, `YYYYMMDD`."""
    start_time_s: NotRequired[int]
    """Since the start of the service day."""
    trip_id: NotRequired[str]
    """Id in the schedule."""


class DetectorConstant(TypedDict):
    """Constants of one direction in a part of the year."""

    direction: int
    """1 or 2."""
    free_flow_speed_km_h: NotRequired[float | None]
    """Free-flow speed."""
    max_flow_veh_h: NotRequired[float | None]
    """Capacity."""
    valid_from_mmdd: int
    """First day, month times 100 and day."""
    valid_to_mmdd: int
    """Last day."""


class Geometry(TypedDict):
    """Where a situation is."""

    lines: list[list[Position]]
    """Lines."""
    points: list[Position]
    """Points."""
    polygons: list[list[list[Position]]]
    """Polygons as rings: shell, then holes."""


class InformedEntity(TypedDict):
    """A part of public transport."""

    agency_id: NotRequired[str | None]
    """Agency."""
    route_id: NotRequired[str | None]
    """Route."""
    stop_id: NotRequired[str | None]
    """Stop."""
    trip: NotRequired[TripDescriptor | None]


class StopTimeUpdate(TypedDict):
    """One stop of a trip."""

    arrival: NotRequired[StopTimeEvent | None]
    departure: NotRequired[StopTimeEvent | None]
    relationship: str
    stop_id: NotRequired[str | None]
    """Stop."""
    stop_sequence: NotRequired[int | None]
    """Number of the stop in the trip."""


class Estimate(TypedDict):
    """A value with the interval that holds the truth in nine of ten cases."""

    high: float
    """Upper end."""
    low: float
    """Lower end."""
    value: float
    """Most likely value."""


class EmissionRate(TypedDict):
    """One pollutant now, grams an hour; of energy megajoules, of particle numbers 1e12."""

    excess: float
    """Now minus the same traffic at free flow; below 0 where congestion saves."""
    excess_high: float
    """Upper end."""
    excess_low: float
    """Lower end of the interval of the excess."""
    high: float
    """Upper end."""
    low: float
    """Lower end of the interval that holds the truth in nine of ten cases, as far as it is
    known.
    """
    value: float
    """Most likely value."""


class EmissionAmount(TypedDict):
    """One pollutant in all, grams; of energy megajoules, of particle numbers 1e12."""

    excess: float
    """Minus the same traffic at free flow."""
    excess_high: float
    """Upper end."""
    excess_low: float
    """Lower end of the interval of the excess."""
    high: float
    """Upper end."""
    low: float
    """Lower end of the interval that holds the truth in nine of ten cases, as far as it is
    known.
    """
    value: float
    """Most likely value."""


class Provenance(TypedDict):
    """Where an event came from."""

    format: str
    """The format that decoded it."""
    source: str
    """The source within the feed."""


class StopTimeEvent(TypedDict):
    """Arrival or departure."""

    delay_s: NotRequired[int | None]
    """Positive when late."""
    time_ms: NotRequired[int | None]
    """When."""
    uncertainty_s: NotRequired[int | None]
    """How unsure."""
