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
  street: {
    /** Nothing is known of it: the ground plan. */
    unknown: string;
    /** Only what is usual is known. */
    typical: string;
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

const LEVEL_COLOURS: Palette["level"] = {
  fluent: "#1a9b72",
  platooning: "#9ccb3b",
  slow: "#f4b41a",
  queuing: "#e2512b",
  stationary: "#8a1030",
  unspecified: "#98a2ad",
};

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
  level: LEVEL_COLOURS,
  situation: {
    traffic_announcement: "#c92a2a",
    road_work: "#b45f06",
    weight_restriction: "#5f6b76",
    exempted_transport: "#6741d9",
    service_alert: "#a61e4d",
    unspecified: "#5f6b76",
  },
  street: { unknown: "#c3ccd5", typical: "#7d8995", queue: "#3b0a18", irregular: "#d0104c" },
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
    bus: "#4aa8f5",
    tram: "#2fc792",
    train: "#c78bdb",
    metro: "#ff8a4a",
    ferry: "#86e0fb",
    robot: "#e6c84a",
    car: "#c3cfda",
    truck: "#d0a882",
    taxi: "#f2d95c",
    unspecified: "#a9b4be",
  },
  level: { ...LEVEL_COLOURS, stationary: "#b3123f", unspecified: "#5d6873" },
  situation: {
    traffic_announcement: "#ff6b6b",
    road_work: "#ff9f43",
    weight_restriction: "#9aa7b3",
    exempted_transport: "#9f85ff",
    service_alert: "#f06595",
    unspecified: "#9aa7b3",
  },
  street: { unknown: "#303c49", typical: "#76838f", queue: "#ffe3ea", irregular: "#ff5c8a" },
  emission: ["#5a2a86", "#8c2f83", "#c93d72", "#f1665d", "#fda873", "#fcf3b5"],
};

/** One of a list of known words, else `unspecified`. */
export function known<T extends string>(
  words: readonly T[],
  word: string | null | undefined,
): T | "unspecified" {
  return words.find((candidate) => candidate === word) ?? "unspecified";
}
