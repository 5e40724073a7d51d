/** Time: which moment the page shows, the bar that says and moves it, and what it is compared with. */

import type { Address } from "../address";
import type { Told } from "../problem_words";
import type { Source } from "../stream/source";
import { TimeBar } from "./bar";
import { COMPARISONS, Comparison } from "./comparison";
import type { ComparisonKind } from "./comparison";
import type { ReplayControl } from "./control";
import type { Extent } from "./extent";
import { extentOf, nearest } from "./extent";
import type { TimeHost } from "./host";
import { Past } from "./past";
import type { ReplayState } from "./replay";
import { elsewhere } from "./replay";
import { TEXTS } from "./texts";

/** What is archived grows; it is asked for again so often. */
const ARCHIVE_EVERY_MS = 60_000;
const NOTHING: Told = { text: "", own: "" };
/** What the reader has caused is said so long. */
const REMARK_MS = 10_000;

/** What the header says of a past. */
export interface PastShown {
  readonly state: ReplayState;
  readonly timeMs: number;
}

export class Time implements ReplayControl {
  private readonly past: Past;
  private readonly comparison: Comparison;
  private bar: TimeBar | undefined;
  private archive: unknown;
  private archiveState: "unasked" | "asking" | "read" | "failed" = "unasked";
  private askedMs = Number.NEGATIVE_INFINITY;
  private remark: { text: string; untilMs: number } | undefined;
  private said: { of: string; told: Told } = { of: "", told: NOTHING };

  constructor(private readonly host: TimeHost) {
    this.past = new Past(host.pictures.root, {
      follow: (url) => this.follow(url),
      told: () => this.told(),
    });
    this.comparison = new Comparison(host);
    const { servedBy } = host.pictures;
    if (servedBy !== undefined) void this.past.adopt(servedBy, true).then(() => this.compareAnew());
    window.addEventListener("pagehide", () => this.past.leave());
  }

  get root(): Source {
    return this.host.pictures.root;
  }

  /** Of the past that is shown. */
  get state(): PastShown | undefined {
    const { replay, momentMs } = this.past;
    if (replay === undefined || momentMs === undefined) return undefined;
    return { state: this.past.aim === undefined ? replay.state : "reaching", timeMs: momentMs };
  }

  /** For the address of the page: who opens it sees the same. Of a replay of others there is none. */
  get address(): Pick<Address, "atMs" | "compare"> {
    const { past, comparison } = this;
    if (past.isForeign || past.momentMs === undefined) return {};
    const compare = comparison.kind === "only" ? undefined : comparison.kind;
    return { atMs: past.momentMs, compare };
  }

  get followed(): string | undefined {
    return this.past.replay?.id;
  }

  get extent(): Extent | undefined {
    const { replay, isForeign } = this.past;
    if (!isForeign || replay === undefined)
      return extentOf(this.archive, this.host.scene.city.region);
    const { fromMs, toMs } = replay;
    return { fromMs, toMs, spans: [{ fromMs, toMs }] };
  }

  /** Builds the bar for a language. */
  build(): HTMLElement {
    const { past, host } = this;
    this.said = { of: "", told: NOTHING };
    this.bar = new TimeBar(host.speech(), {
      goTo: (atMs) => this.goTo(atMs),
      end: () => this.end(),
      play: () => past.play(),
      pause: () => past.pause(),
      setSpeed: (speed) => past.setSpeed(speed),
      compare: (kind) => this.compare(kind),
      remark: (text) => {
        this.remark = { text, untilMs: performance.now() + REMARK_MS };
        this.update();
      },
    });
    this.comparison.rebuild();
    return this.bar.node;
  }

  /** The colours of the page are others. */
  restyle(): void {
    this.comparison.restyle();
  }

  /** Goes to a moment of the city that is looked at. */
  goTo(atMs: number): void {
    this.past.goTo(this.host.scene.city.region, atMs);
  }

  compare(kind: ComparisonKind): void {
    this.comparison.choose(kind);
    this.host.told();
  }

  /** Goes where an address says; a page that a replay serves is where that is. */
  open({ atMs, compare }: Address): void {
    if (atMs === undefined || this.host.pictures.servedBy !== undefined) return;
    this.goTo(atMs);
    const kind = COMPARISONS.find((known) => known === compare);
    if (kind !== undefined) this.comparison.choose(kind);
  }

  show(id: string, kind: ComparisonKind = "only"): void {
    void this.past.adopt(id).then(() => {
      const { replay } = this.past;
      if (replay?.id !== id) return;
      const { host } = this;
      // Before the comparison, whose second map begins where the first one looks.
      const region = elsewhere(replay, host.scene.city.region);
      if (region !== undefined) host.chooseRegion(region);
      this.compare(kind);
      host.showMap();
    });
  }

  /** Back to the present. */
  end(): void {
    if (this.host.pictures.servedBy !== undefined)
      window.location.assign(this.host.pictures.root.url);
    else this.past.end();
  }

  moved(): void {
    this.comparison.moved();
  }

  /** Layers, colours or the selection are others. */
  changed(): void {
    this.comparison.changed();
  }

  tick(): void {
    this.followCity();
    if (performance.now() - this.askedMs > ARCHIVE_EVERY_MS && !document.hidden) this.askArchive();
    this.comparison.tick();
    this.update();
  }

  private follow(url: string | undefined): void {
    this.host.pictures.follow(url);
    this.host.followed();
    this.compareAnew();
    this.told();
  }

  private compareAnew(): void {
    this.comparison.show(this.past.replay);
  }

  private told(): void {
    const { replay, aim } = this.past;
    const stands = replay !== undefined && !["playing", "reaching"].includes(replay.state);
    // A picture that stands is not sent again, and so says no time.
    if (stands && aim === undefined) this.host.pictures.shown.stand(replay.timeMs);
    if (replay !== undefined) this.compareAnew();
    this.host.told();
    this.update();
  }

  /** A replay is of one region: another one's past is another replay. */
  private followCity(): void {
    const { past, host } = this;
    const { replay } = past;
    const { region } = host.scene.city;
    if (replay === undefined || past.aim !== undefined || past.trouble !== undefined) return;
    if (past.isForeign || replay.regions.includes(region)) return;
    const { extent } = this;
    past.goTo(region, extent === undefined ? replay.timeMs : nearest(extent, replay.timeMs));
  }

  private askArchive(): void {
    this.askedMs = performance.now();
    if (this.archiveState === "unasked") this.archiveState = "asking";
    this.host.pictures.root.get("v1/archive").then(
      (archive) => {
        this.archive = archive;
        this.archiveState = "read";
        this.update();
      },
      () => {
        this.archiveState = "failed";
        this.update();
      },
    );
  }

  private update(): void {
    const { past, host, bar } = this;
    const { momentMs, replay, speed, isForeign } = past;
    const { extent } = this;
    const end = isForeign ? replay?.toMs : host.pictures.own.nowMs;
    bar?.update({
      extent,
      // The browser's clock may be wrong: until the server says what time it is, all is archived.
      endMs: end ?? extent?.toMs,
      foreign: isForeign,
      momentMs,
      replay,
      speed,
      comparison: this.comparison.kind,
      comparable: host.mapShown(),
      said: this.words(),
      troubled: past.trouble !== undefined || replay?.state === "failed",
    });
  }

  /** How it is, in words. Of a moment it is said once, not each second anew. */
  private words(): Told {
    const { host, past, remark } = this;
    const say = host.speech().of(TEXTS);
    const { trouble, aim, replay } = past;
    if (trouble !== undefined) {
      // Only a replay that there is is asked about again.
      const isLost = trouble.what === "unreachable" && replay === undefined;
      return { text: say(isLost ? "unanswered" : trouble.what), own: trouble.detail };
    }
    if (remark !== undefined && performance.now() < remark.untilMs) {
      return { text: remark.text, own: "" };
    }
    if (aim === undefined && replay === undefined) return { text: this.whyNone(), own: "" };
    const state = aim === undefined ? (replay?.state ?? "reaching") : "reaching";
    const standsMs = state === "playing" ? 0 : past.momentMs;
    const of = `${replay?.id} ${state} ${standsMs}`;
    if (of === this.said.of) return this.said.told;
    const moment = host.speech().date(past.momentMs ?? 0);
    const ended = past.isForeign ? "foreign_ended" : "ended";
    const key = state === "paused" ? "reached" : state === "ended" ? ended : state;
    const own = state === "failed" ? (replay?.error ?? "") : "";
    this.said = { of, told: { text: say(key, { moment }), own } };
    return this.said.told;
  }

  private whyNone(): string {
    const say = this.host.speech().of(TEXTS);
    if (this.archiveState === "failed") return say("unread");
    if (this.archiveState !== "read" || this.extent !== undefined) return "";
    return say("none", { region: this.host.scene.city.name });
  }
}
