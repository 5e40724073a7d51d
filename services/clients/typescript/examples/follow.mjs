// Prints what changes in a region, one line a change: node follow.mjs URL REGION [LINES]
// Needs `npm run build` before.

import { Client } from "tilanne-client";

const [url, region, lines = "100"] = process.argv.slice(2);
const client = new Client(url);
const vehicles = client.subscribe({
  region,
  layers: ["vehicles"],
  filter: "report.speed_km_h >= 0",
});
let left = Number(lines);
for await (const change of vehicles) {
  if (change.kind === "removed") console.log(change.id, change.reason);
  else console.log(change.id, change.kind, `${change.object.report.speed_km_h} km/h`);
  left -= 1;
  if (left <= 0) break;
}
client.close();
