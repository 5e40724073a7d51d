/**
 * Colours of what is on the map, for light and dark. Modes follow what Finnish passengers know
 * (blue buses, green trams, purple trains, orange metro), moved apart in hue and lightness so that
 * they stay apart for colour-blind readers; level of service runs from cool to dark red, with
 * lightness falling where trouble grows.
 */

export const MODES = [
  "bus",
  "tram",
  "train",
  "metro",
  "ferry",
  "robot",
  "car",
  "truck",
  "taxi",
  "unspecified",
] as const;
export type Mode = (typeof MODES)[number];

/** Best first; `unspecified` is "no current value". */
export const LEVELS = [
  "fluent",
  "platooning",
  "slow",
  "queuing",
  "stationary",
  "unspecified",
] as const;
export type Level = (typeof LEVELS)[number];

export const SITUATIONS = [
  "traffic_announcement",
  "road_work",
  "weight_restriction",
  "exempted_transport",
  "service_alert",
  "unspecified",
] as const;
export type SituationKind = (typeof SITUATIONS)[number];

/** What lies on a road, the least slippery first, as the server ranks it; then "no current value". */
export const SURFACES = [
  "dry",
  "moist",
  "wet",
  "slush",
  "snow",
  "frost",
  "ice",
  "unspecified",
] as const;
export type Surface = (typeof SURFACES)[number];

/** Surfaces that are slippery: their signs are filled, those of the others only framed. */
export const SLIPPERY: readonly Surface[] = ["slush", "snow", "frost", "ice"];

export interface Palette {
  background: string;
  graticule: string;
  frame: string;
  trace: string;
  /** Round every symbol, so that it stands out from its neighbours. */
  outline: string;
  selection: string;
  stale: string;
  mode: Readonly<Record<Mode, string>>;
  level: Readonly<Record<Level, string>>;
  situation: Readonly<Record<SituationKind, string>>;
  /** Each carries text, so it stands out from `outline` at 4.5 to 1. */
  surface: Readonly<Record<Surface, string>>;
  /** Boundaries of districts and cities, and their names. */
  boundary: string;
  street: {
    /** Nothing is known of it: the ground plan. */
    unknown: string;
    /** Only what is usual is known. */
    typical: string;
    /** Closed to all traffic, and nobody was seen on it. */
    closed: string;
    /** Round the links of a queue. */
    queue: string;
    /** The same where it is not usual. */
    irregular: string;
  };
  /**
   * Classes of emission, least first: the scale "magma", whose lightness alone orders it for every
   * kind of colour vision. The most stands out from the ground: dark on light, light on dark.
   */
  emission: readonly string[];
}

/** Colours of the share of free-flow speed, at the middle of each level of service. */
export function shareStops(palette: Palette): [share: number, colour: string][] {
  const { stationary, queuing, slow, platooning, fluent } = palette.level;
  return [
    [0.05, stationary],
    [0.18, queuing],
    [0.5, slow],
    [0.82, platooning],
    [0.95, fluent],
  ];
}

export const LIGHT: Palette = {
  background: "#eef1f4",
  graticule: "#dfe4e9",
  frame: "#c9d1d9",
  trace: "#8fa3b6",
  outline: "#ffffff",
  selection: "#101820",
  stale: "#9aa3ac",
  mode: {
    bus: "#0067b8",
    tram: "#008a5e",
    train: "#8c4799",
    metro: "#e4590c",
    ferry: "#22a7d8",
    robot: "#b08a00",
    car: "#3d4f60",
    truck: "#6b4a2f",
    taxi: "#8a6d00",
    unspecified: "#56616c",
  },
  level: {
    fluent: "#1b8a94",
    platooning: "#7cc6a4",
    slow: "#f4bf3a",
    queuing: "#e2512b",
    stationary: "#7a0f3c",
    unspecified: "#98a2ad",
  },
  situation: {
    traffic_announcement: "#c92a2a",
    road_work: "#b45f06",
    weight_restriction: "#5f6b76",
    exempted_transport: "#6741d9",
    service_alert: "#a61e4d",
    unspecified: "#5f6b76",
  },
  surface: {
    dry: "#4a5560",
    moist: "#2b6a7c",
    wet: "#0b5cad",
    slush: "#5d4fb3",
    snow: "#8238a0",
    frost: "#a3208a",
    ice: "#b0123a",
    unspecified: "#66717c",
  },
  boundary: "#5f6d7b",
  street: {
    unknown: "#c3ccd5",
    typical: "#7d8995",
    closed: "#22303d",
    queue: "#3b0a18",
    irregular: "#d0104c",
  },
  emission: ["#f7b27c", "#f3765f", "#d8446c", "#a3307e", "#651a80", "#260f4f"],
};

export const DARK: Palette = {
  background: "#10161c",
  graticule: "#18212a",
  frame: "#2a3642",
  trace: "#56718a",
  outline: "#0b1015",
  selection: "#ffffff",
  stale: "#5d6873",
  mode: {
    bus: "#2f93ee",
    tram: "#35cf98",
    train: "#dba6ec",
    metro: "#ff7a33",
    ferry: "#86e0fb",
    robot: "#e6c84a",
    car: "#c3cfda",
    truck: "#d0a882",
    taxi: "#f2d95c",
    unspecified: "#a9b4be",
  },
  level: {
    fluent: "#2bb3c0",
    platooning: "#b8f5e0",
    slow: "#ffdf85",
    queuing: "#f57a45",
    stationary: "#ba2282",
    unspecified: "#5d6873",
  },
  situation: {
    traffic_announcement: "#ff6b6b",
    road_work: "#ff9f43",
    weight_restriction: "#9aa7b3",
    exempted_transport: "#9f85ff",
    service_alert: "#f06595",
    unspecified: "#9aa7b3",
  },
  surface: {
    dry: "#c3cfda",
    moist: "#86c5d3",
    wet: "#6ab4ff",
    slush: "#a99dff",
    snow: "#d6a2f2",
    frost: "#f58bdc",
    ice: "#ff7a90",
    unspecified: "#98a5b1",
  },
  boundary: "#8494a3",
  street: {
    unknown: "#303c49",
    typical: "#76838f",
    closed: "#d7dee6",
    queue: "#ffe3ea",
    irregular: "#ff5c8a",
  },
  emission: ["#5a2a86", "#8c2f83", "#c93d72", "#f1665d", "#fda873", "#fcf3b5"],
};

/** One of a list of known words, else `unspecified`. */
export function known<T extends string>(
  words: readonly T[],
  word: string | null | undefined,
): T | "unspecified" {
  return words.find((candidate) => candidate === word) ?? "unspecified";
}
