/** The past on the page: gone back to, played, compared with now, and played with a change. */

import type { Browser as Chromium } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PHONE, TIME_ZONE, launch } from "./harness/browser";
import { Cars, PARKED, PARKED_NOW, PARKED_THEN } from "./harness/cars";
import { BARS_SHARE_MAX, Dashboard, eventually } from "./harness/dashboard";
import { faults } from "./harness/faults";
import type { Place } from "./harness/fleet";
import { pretenceOf, watchPretence } from "./harness/pretence";
import { Stage } from "./harness/stage";

/**
 * What is archived when the tests begin, and how much of it came after the jam, s. The last whole five
 * minutes of a street begin up to ten before now: they are free too, whatever the hour.
 */
const PAST_S = 25 * 60;
const FREE_S = 11 * 60;
/** Pages that the slider goes back with keys, a tenth of it each: into the jam, past its first minutes. */
const PAGES_BACK = 6;
/** How exactly a place is known after it went through feed and map, in decimals of a degree. */
const DECIMALS = 5;

let browser: Chromium;
let stage: Stage;
let dashboard: Dashboard;

/** When the past ends that is made for the tests, Unix time. */
const nowS = Math.floor(Date.now() / 1_000);

beforeAll(async () => {
  stage = await Stage.archiving(new Cars(nowS - FREE_S), nowS - PAST_S);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

/** Pages that were closed may have left some, and there may be only so many. */
beforeEach(async () => {
  for (const id of await stage.server.replays()) await stage.server.endReplay(id);
});

const HERE = "#view=map&city=oulu&z=13.00&c=65.0195,25.4725";

async function open(more = "", says: "live" | "paused" = "live"): Promise<void> {
  dashboard = await Dashboard.open(browser, stage.url, {
    address: HERE + more,
    says,
    reducedMotion: "reduce",
  });
}

/** Goes back into the jam with keys, and gives the moment. */
async function goBack(): Promise<number> {
  await eventually(async () => expect(await dashboard.slider().isEnabled()).toBe(true));
  await dashboard.slider().focus();
  for (let page = 0; page < PAGES_BACK; page += 1) await dashboard.page.keyboard.press("PageDown");
  return pastIsRight();
}

/** Hours and minutes where the visitor is. */
function clock(timeMs: number): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: TIME_ZONE }).format(
    timeMs,
  );
}

/** All that is drawn is where the server says it was, and the page says when that is. */
async function pastIsRight(state: "paused" | "ended" = "paused"): Promise<number> {
  return eventually(async () => {
    const { momentMs, page } = dashboard;
    if (momentMs === undefined) throw new Error("the present is shown");
    expect(await dashboard.connection()).toBe(state);
    expect(await dashboard.isStale()).toBe(false);
    for (const says of [page.getByTestId("banner"), dashboard.time().locator("strong")]) {
      expect(await says.textContent()).toContain(clock(momentMs));
    }
    const value = await dashboard.slider().getAttribute("aria-valuetext");
    expect(value).toContain(clock(momentMs));
    await drawnAreServed(momentMs);
    return momentMs;
  });
}

async function drawnAreServed(momentMs: number): Promise<void> {
  const served = await stage.server.vehicles("oulu", momentMs);
  expect(served.length).toBeGreaterThan(5);
  const drawn = await dashboard.drawn(served.map(({ id }) => id));
  for (const { id, report } of served) {
    const { latitude_deg = 0, longitude_deg = 0 } = report.position ?? {};
    expect(drawn.get(id)?.latitude_deg, id).toBeCloseTo(latitude_deg, DECIMALS);
    expect(drawn.get(id)?.longitude_deg, id).toBeCloseTo(longitude_deg, DECIMALS);
  }
  expect((await dashboard.state()).vehicles).toBe(served.length);
}

async function presentIsRight(): Promise<void> {
  await eventually(async () => {
    expect(dashboard.momentMs).toBeUndefined();
    expect(await dashboard.connection()).toBe("live");
    expect(await dashboard.isStale()).toBe(false);
    expect(await dashboard.page.getByTestId("time-now").getAttribute("aria-pressed")).toBe("true");
    await parkedIsAt(PARKED_NOW);
  });
}

async function parkedIsAt(place: Place): Promise<void> {
  const id = `cars:${PARKED}`;
  const drawn = (await dashboard.drawn([id])).get(id);
  expect(drawn?.latitude_deg).toBeCloseTo(place.latitude_deg, DECIMALS);
  expect(drawn?.longitude_deg).toBeCloseTo(place.longitude_deg, DECIMALS);
}

describe("the past", () => {
  it("is gone back to, played, and left again", async () => {
    await open();
    await presentIsRight();
    await watchPretence(dashboard.page);

    const first = await goBack();
    await parkedIsAt(PARKED_THEN);
    expect(await faults(dashboard.page)).toEqual([]);

    // With the mouse, to another moment.
    const box = await dashboard.slider().boundingBox();
    if (box === null) throw new Error("there is no slider");
    await dashboard.page.mouse.click(box.x + box.width * 0.3, box.y + box.height / 2);
    await eventually(async () => expect(dashboard.momentMs).toBeLessThan(first));
    const second = await pastIsRight();

    // As fast as is chosen with keys, until it is told to stop.
    const speed = dashboard.time().getByRole("combobox");
    await speed.focus();
    for (let n = 0; n < 4; n += 1) await dashboard.page.keyboard.press("ArrowDown");
    expect(await speed.inputValue()).toBe("30");
    await dashboard.page.getByTestId("play").click();
    const startedMs = performance.now();
    await dashboard.says("playing");
    await eventually(async () => expect(dashboard.momentMs).toBeGreaterThan(second + 60_000));
    // Sixty seconds at thirty times the speed take two; at its own they would take a minute.
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    await dashboard.page.getByTestId("play").click();
    await dashboard.says("paused");
    const third = await pastIsRight();
    await new Promise((done) => setTimeout(done, 1_500));
    expect(dashboard.momentMs).toBe(third);

    await dashboard.page.getByTestId("time-now").click();
    await presentIsRight();
    await eventually(async () => expect(await stage.server.replays()).toEqual([]));
    const { looks, pretences } = await pretenceOf(dashboard.page);
    expect(looks).toBeGreaterThan(20);
    expect(pretences).toBe(0);
    expect(await faults(dashboard.page)).toEqual([]);
  });
});

/** Clicks at a place of a map until the card of the parked car is open, and closes it. */
async function findsParked(which: "first" | "second", place: Place): Promise<void> {
  const { page } = dashboard;
  await eventually(async () => {
    const { x, y } = await dashboard.pixel(which, place);
    await page.mouse.click(x, y);
    expect(await dashboard.card().isVisible()).toBe(true);
  });
  expect(page.url()).toContain(`select=vehicles:cars:${PARKED}`);
  await page.keyboard.press("Escape");
  await eventually(async () => expect(await dashboard.card().isVisible()).toBe(false));
}

/** Drags one of the maps, until the page knows where that leads. */
async function drag(which: "first" | "second", byX: number, byY: number): Promise<void> {
  const { page } = dashboard;
  const before = page.url();
  const box = await dashboard.map(which).boundingBox();
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) * 0.4];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + byX, y + byY, { steps: 8 });
  await page.mouse.up();
  await eventually(async () => expect(page.url()).not.toBe(before));
}

/** A street as `diff/links` has it. */
interface Differing {
  properties: {
    id: string;
    five_minutes: { speed_km_h: { value: { before: number | null; after: number | null } } };
  };
}

interface Served {
  id: string;
  five_minutes: { speed_km_h: { value: number } };
}

describe("then and now", () => {
  it("are side by side, on maps that look at the same place", async () => {
    await open();
    const thenMs = await goBack();
    await dashboard.compare("side");
    const label = (id: string): Promise<string | null> =>
      dashboard.page.getByTestId(id).textContent();
    await eventually(async () => {
      expect(await label("label-then")).toContain(clock(thenMs));
      const now = (await label("label-now")) ?? "";
      // The minute may just have changed.
      const minutes = [clock(Date.now()), clock(Date.now() - 60_000)];
      expect(minutes.some((minute) => now.includes(minute))).toBe(true);
    });
    await findsParked("first", PARKED_THEN);
    await findsParked("second", PARKED_NOW);
    await drag("second", 60, -80);
    await findsParked("first", PARKED_THEN);
    await findsParked("second", PARKED_NOW);
    await drag("first", -40, 50);
    await findsParked("first", PARKED_THEN);
    await findsParked("second", PARKED_NOW);
    expect(await faults(dashboard.page)).toEqual([]);
    await dashboard.compare("only");
    await eventually(async () => expect(await dashboard.map("second").isVisible()).toBe(false));
  });

  it("are a difference, of the numbers that the server gives", async () => {
    await open();
    const thenMs = await goBack();
    const { page } = dashboard;
    const asked = page.waitForResponse(/\/v1\/regions\/oulu\/diff\/links\?/);
    await dashboard.compare("difference");
    const response = await asked;
    const { features } = (await response.json()) as { features: Differing[] };
    const key = page.getByTestId("differences");
    expect(await key.locator(".step").count()).toBe(7);
    await eventually(async () => {
      expect(await key.getByRole("status").textContent()).toMatch(
        /^0 slower, \d+ .*, [1-9]\d* faster$/,
      );
    });
    await key.locator("summary").click();
    const cells = await key
      .locator("tbody tr")
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent))),
      );
    const known = features.flatMap(({ properties }) => {
      const { before, after } = properties.five_minutes.speed_km_h.value;
      return before === null || after === null ? [] : [{ id: properties.id, before, after }];
    });
    known.sort((a, b) => b.after - b.before - (a.after - a.before) || (a.id < b.id ? -1 : 1));
    expect(cells).toEqual(
      known.map(({ before, after }) => [before, after, after - before].map(Math.round)),
    );
    // How it was is asked for once more, past the page and past the difference.
    const query = `format=json&fields=five_minutes.speed_km_h&at=${new Date(thenMs).toISOString()}`;
    const was = (await stage.server.get(`v1/regions/oulu/links?${query}`)) as { objects: Served[] };
    for (const { id, before, after } of known) {
      const served = was.objects.find((one) => one.id === id);
      expect(served?.five_minutes.speed_km_h.value).toBe(before);
      // The jam is over.
      expect(after).toBeGreaterThan(before + 5);
    }
    expect(await faults(page)).toEqual([]);
    // Told when it stands, and not each time that it is worked out while it plays.
    const live = (): Promise<string | null> => key.getByRole("status").getAttribute("aria-live");
    expect(await live()).toBe("polite");
    await page.getByTestId("play").click();
    await eventually(async () => expect(await live()).toBe("off"));
  });
});

/** Of each number of a street what a what-if has made of it, as the server has it. */
async function differencesOf(
  id: string,
  street: string,
): Promise<Map<string, { before: number; after: number }>> {
  const answer = await fetch(`${stage.url}v1/replays/${id}/differences`);
  const lines = (await answer.text()).split(/\r?\n/).map((line) => line.split(","));
  const rows = lines.filter(([, layer, link]) => layer === "links" && link === street);
  return new Map(
    rows.map(([, , , property = "", , before, after]) => [
      property,
      { before: Number(before), after: Number(after) },
    ]),
  );
}

describe("a what-if", () => {
  it("closes a street, runs to its end, shows what differs, and is ended", async () => {
    await open();
    const { page } = dashboard;
    await dashboard.openTable();
    await dashboard.table().getByRole("combobox").selectOption("links");
    await dashboard.row("").first().click();
    await eventually(async () => expect(page.url()).toContain("select=links:"));
    const closed = decodeURIComponent(/select=links:([^&]*)/.exec(page.url())?.[1] ?? "");
    await dashboard.show("replays");
    const panel = page.locator("[data-panel=what_if]");
    await panel.locator(".what-if-form summary").click();
    expect(await panel.locator(".what-if-form").textContent()).toContain(closed);
    await panel.getByRole("button", { name: "Start the what-if" }).click();
    await eventually(async () => expect(await stage.server.replays()).toHaveLength(1));
    const [id = ""] = await stage.server.replays();
    const row = panel.locator(`tr[data-replay="${id}"]`);
    await eventually(async () => expect(await row.textContent()).toContain("at its end"));
    await row.getByRole("button", { name: /^Differences of/ }).click();
    const table = panel.locator(".what-if-results tbody tr");
    await eventually(async () => expect(await table.count()).toBeGreaterThan(0));
    const differences = await differencesOf(id, closed);
    // Nobody drives where it is closed.
    expect(differences.get("five_minutes.flow_veh_h.value")?.after).toBe(0);
    const { before = 0, after = 0 } = differences.get("five_minutes.speed_km_h.value") ?? {};
    const told = await table.filter({ hasText: closed }).locator("td").allTextContents();
    expect(told.slice(0, 2).map(Number)).toEqual(
      [before, after].map((value) => Number(value.toPrecision(3))),
    );
    expect(await faults(page)).toEqual([]);
    await row.getByRole("button", { name: /^Show here/ }).click();
    await dashboard.says("ended");
    const key = page.getByTestId("differences");
    await eventually(async () => {
      expect(await key.textContent()).toContain("as it was → with the change");
      expect(await key.getByRole("status").textContent()).toMatch(/[1-9]\d* faster$/);
    });
    expect(await faults(page)).toEqual([]);
    await dashboard.show("replays");
    await row.getByRole("button", { name: /^End/ }).click();
    await dashboard.says("live");
    await eventually(async () => {
      expect(await stage.server.replays()).toEqual([]);
      expect(await panel.textContent()).toContain("No replay runs.");
    });
    expect(await faults(page)).toEqual([]);
    await dashboard.show("map");
    await presentIsRight();
  });
});

describe("a moment in an address", () => {
  it("is opened there, with what it is compared with", async () => {
    const atMs = (nowS - FREE_S - 100) * 1_000;
    await open(`&at=${new Date(atMs).toISOString()}&compare=side`, "paused");
    expect(await pastIsRight()).toBe(atMs);
    await parkedIsAt(PARKED_THEN);
    await findsParked("second", PARKED_NOW);
    expect(await stage.server.replays()).toHaveLength(1);
    // A page that goes away ends its replay.
    await dashboard.page.goto("about:blank");
    await eventually(async () => expect(await stage.server.replays()).toEqual([]));
  });
});

describe("the past on a phone", () => {
  it("leaves the map its room, and has what is seldom chosen behind a button", async () => {
    const at = new Date((nowS - FREE_S - 100) * 1_000).toISOString();
    const phone = { viewport: PHONE, address: `${HERE}&at=${at}`, says: "paused" } as const;
    dashboard = await Dashboard.open(browser, stage.url, phone);
    const { page } = dashboard;
    for (const language of ["en", "fi", "sv"]) {
      await dashboard.speak(language);
      expect(await dashboard.barsShare(), language).toBeLessThan(BARS_SHARE_MAX);
    }
    for (const said of ["banner", "connection", "lag"]) {
      expect(await page.getByTestId(said).isVisible(), said).toBe(true);
    }
    const folded = [dashboard.time().locator("form"), page.getByTestId("compare-side")];
    const seen = (): Promise<boolean[]> => Promise.all(folded.map((one) => one.isVisible()));
    expect(await seen()).toEqual([false, false]);
    await page.keyboard.press("Escape");
    await page.getByTestId("time-unfold").click();
    expect(await seen()).toEqual([true, true]);
    expect(await faults(page)).toEqual([]);
    await page.getByTestId("time-unfold").click();
    expect(await seen()).toEqual([false, false]);
  });
});

describe("a replay that the server has ended", () => {
  it("is begun again once; ended again, that is said and the present is shown", async () => {
    await open();
    await presentIsRight();
    await watchPretence(dashboard.page);
    const thenMs = await goBack();
    const [first = ""] = await stage.server.replays();
    await stage.server.endReplay(first);
    const second = await eventually(async () => {
      const [id = first] = await stage.server.replays();
      expect(id).not.toBe(first);
      return id;
    });
    expect(await pastIsRight()).toBe(thenMs);
    await stage.server.endReplay(second);
    const said = dashboard.time().getByRole("status");
    await eventually(async () => {
      expect(await said.textContent()).toContain("The server has ended this replay");
    });
    await presentIsRight();
    expect(await stage.server.replays()).toEqual([]);
    expect(await faults(dashboard.page)).toEqual([]);
    await goBack();
    await parkedIsAt(PARKED_THEN);
    expect(await said.textContent()).not.toContain("ended");
    expect(await pretenceOf(dashboard.page)).toMatchObject({ pretences: 0 });
  });
});
