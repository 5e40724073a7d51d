/** The view in the page's address: `#city=tampere&z=12.5&c=61.4980,23.7610`. Pure. */

export interface Address {
  city: string | undefined;
  zoom: number | undefined;
  /** Latitude, longitude in degrees. */
  centre: [number, number] | undefined;
}

export function readAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const zoom = Number.parseFloat(fields.get("z") ?? "");
  const [latitude = Number.NaN, longitude = Number.NaN] = (fields.get("c") ?? "")
    .split(",")
    .map(Number.parseFloat);
  const onGlobe = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return {
    city: fields.get("city") ?? undefined,
    zoom: zoom >= 0 && zoom <= 24 ? zoom : undefined,
    centre: onGlobe ? [latitude, longitude] : undefined,
  };
}

export function writeAddress(
  city: string,
  zoom: number,
  latitude: number,
  longitude: number,
): string {
  const place = `${latitude.toFixed(4)},${longitude.toFixed(4)}`;
  return `#city=${encodeURIComponent(city)}&z=${zoom.toFixed(2)}&c=${place}`;
}
