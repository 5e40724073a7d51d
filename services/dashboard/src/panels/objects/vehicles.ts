/** Vehicles as rows: how punctual they are, how fast, and whether that is still so. */

import type { Speech } from "../../i18n";
import { STALE_AFTER_MS } from "../../map/vehicles/look";
import type { Punctuality } from "../../map/vehicles/punctuality";
import { punctualityOf } from "../../map/vehicles/punctuality";
import { fixTimeMs } from "../../map/vehicles/tracks";
import type { ShownVehicle } from "../../stream/vehicle_fields";
import type { Listed } from "./rows";
import { parts } from "./rows";
import { TEXTS } from "./texts";

/** The best first. */
const CLASSES: readonly Punctuality[] = ["unknown", "on_time", "early", "late", "very_late"];
/** Longer than any delay, s: classes come before delays. */
const CLASS_S = 1e6;

export function vehicleRows(
  speech: Speech,
  vehicles: readonly ShownVehicle[],
  nowMs: number,
): Listed[] {
  const say = speech.of(TEXTS);
  return vehicles.map((vehicle) => {
    const { report } = vehicle;
    const { delay_s: delay, speed_km_h: speed } = report;
    const line = report.route_short_name ?? report.label ?? vehicle.id;
    const way = report.headsign ? ` → ${report.headsign}` : "";
    const timeMs = fixTimeMs(vehicle);
    const isKnown = delay !== null && delay !== undefined;
    return {
      id: vehicle.id,
      name: `${line}${way} (${speech.word("mode", report.mode ?? "unspecified")})`,
      badness: CLASSES.indexOf(punctualityOf(delay)) * CLASS_S + Math.abs(delay ?? 0),
      row: () => ({
        state: parts(
          isKnown ? speech.delay(delay) : say("no_delay"),
          speed === null || speed === undefined ? undefined : speech.quantity("km_h", speed),
          nowMs - timeMs > STALE_AFTER_MS ? say("old_position") : undefined,
        ),
        timeMs,
      }),
    };
  });
}
