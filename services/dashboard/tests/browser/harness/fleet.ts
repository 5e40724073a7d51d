/** Invented vehicles that drive in circles: where each is at a time is known to the second. */

export interface Place {
  latitude_deg: number;
  longitude_deg: number;
}

/** West, south, east, north in degrees. */
export type Box = readonly [number, number, number, number];

/** A circle takes about two minutes at the speed of a tram. */
const RADIUS_M = 160;
const SPEED_M_S = 8;
const DEGREE_M = 111_320;

export interface Vehicle extends Place {
  id: string;
  label: string;
  route: string;
  bearing_deg: number;
  speed_m_s: number;
  /** Unix time of the fix, seconds. */
  timeS: number;
}

export class Fleet {
  /** What the vehicles are called on screen; the others go by their number. */
  readonly labels = new Map<number, string>();
  /** How old each fix is when it is published, seconds. */
  ageS = 0;
  private parkedAtS: number | undefined;

  constructor(
    readonly size: number,
    private readonly box: Box,
  ) {}

  /** All stand where they are now, and go on reporting it. */
  park(): void {
    this.parkedAtS ??= nowS();
  }

  /** All stand somewhere else than before. */
  moveOn(): void {
    this.parkedAtS = (this.parkedAtS ?? nowS()) + 10;
  }

  vehicles(): Vehicle[] {
    const timeS = nowS() - this.ageS;
    const atS = this.parkedAtS ?? timeS;
    const isParked = this.parkedAtS !== undefined;
    return Array.from({ length: this.size }, (_, index) => {
      const { place, bearing_deg } = this.driving(index, atS);
      return {
        id: `vehicle-${index}`,
        label: this.labels.get(index) ?? `No. ${index}`,
        route: `${1 + (index % 40)}`,
        bearing_deg,
        speed_m_s: isParked ? 0 : SPEED_M_S,
        timeS,
        ...place,
      };
    });
  }

  /** Round the middle of the vehicle's own cell of a grid over the box. */
  private driving(index: number, atS: number): { place: Place; bearing_deg: number } {
    const columns = Math.ceil(Math.sqrt(this.size));
    const [west, south, east, north] = this.box;
    const column = (index % columns) + 0.5;
    const row = Math.floor(index / columns) + 0.5;
    const angle = (atS * SPEED_M_S) / RADIUS_M + index;
    const latitude = south + ((north - south) * row) / columns;
    const metreOfLongitude = 1 / (DEGREE_M * Math.cos((latitude * Math.PI) / 180));
    const place = {
      latitude_deg: latitude + (RADIUS_M * Math.sin(angle)) / DEGREE_M,
      longitude_deg:
        west + ((east - west) * column) / columns + RADIUS_M * Math.cos(angle) * metreOfLongitude,
    };
    // The angle is from east and anticlockwise, the heading from north and clockwise, across it.
    const bearing_deg = ((((-angle * 180) / Math.PI) % 360) + 360) % 360;
    return { place, bearing_deg };
  }
}

function nowS(): number {
  return Math.floor(Date.now() / 1_000);
}
