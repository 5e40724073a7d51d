/**
 * The past that the page shows: a replay on the server, started, moved, looked after and ended from
 * here. Knows no DOM; what it is told last is what it is about, however fast it is told.
 */

import { waitBeforeTryMs } from "tilanne-client";
import { problemOf } from "../problem_words";
import { AnswerError } from "../stream/source";
import type { Replay, Speed } from "./replay";
import { readReplay } from "./replay";

/** How often the replay is asked how it is; on its way to a moment more often. */
export const ASK_EVERY_MS = 1_000;
const ASK_REACHING_MS = 300;
/** A server that has not answered by now will not. */
const ANSWER_MS = 5_000;
/** Forth, all that lies between goes through the replay; further than this a new one is sooner there. */
export const SEEK_FORTH_MS = 10 * 60_000;
/** HTTP's Not Found and Service Unavailable. */
const NOT_FOUND = 404;
const UNAVAILABLE = 503;

/** Why the past is not as it should be. */
export type Trouble = "too_many" | "nothing" | "gone" | "unreachable" | "refused";

/** What of a `Source` is needed. */
export interface Server {
  readonly url: string;
  get(path: string, signal?: AbortSignal): Promise<unknown>;
  send(method: "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown>;
}

export interface PastEvents {
  /** Another picture is to be followed, below this address; the page's own without one. */
  follow(address: string | undefined): void;
  /** Something is known anew. */
  told(): void;
}

interface Aim {
  readonly region: string;
  readonly atMs: number;
}

export class Past {
  /** As it was told last. */
  replay: Replay | undefined;
  trouble: { what: Trouble; detail: string } | undefined;
  /** Where it is to go, until the server has heard of it. */
  aim: Aim | undefined;
  /** How fast it plays, this one and the next. */
  speed: Speed = 1;
  /** Whether it was started here: then nobody else minds when it ends. */
  private owned = false;
  /** Whether it serves the page itself: then there is no other picture to go back to. */
  private servesPage = false;
  private busy = false;
  private restarted = false;
  /** Counts what the reader has wished for: only the last of it comes true. */
  private wishes = 0;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;

  constructor(
    private readonly server: Server,
    private readonly events: PastEvents,
  ) {}

  /** The moment that is shown, or on its way; `undefined` in the present. */
  get momentMs(): number | undefined {
    return this.aim?.atMs ?? this.replay?.timeMs;
  }

  /** Whether the replay is somebody else's, whose bounds hold. */
  get isForeign(): boolean {
    return this.replay !== undefined && !this.owned;
  }

  /** Goes to a moment of a region. */
  goTo(region: string, atMs: number): void {
    this.wishes += 1;
    this.aim = { region, atMs: Math.round(atMs) };
    this.restarted = false;
    this.trouble = undefined;
    this.events.told();
    void this.pursue();
  }

  /**
   * Takes over a replay that is there already.
   *
   * @param shown whether the page shows its picture already, being served by it
   */
  async adopt(id: string, shown = false): Promise<void> {
    this.wishes += 1;
    this.aim = undefined;
    // One of ours stays ours: to take it over would end it.
    if (this.replay?.id === id) return;
    const wish = this.wishes;
    try {
      const replay = readReplay(await this.server.get(`v1/replays/${id}`));
      if (wish !== this.wishes) return;
      if (replay === undefined) throw new AnswerError(`replay ${id} cannot be read`, 0);
      this.endOwn();
      this.begin(replay, false, shown);
    } catch (error) {
      if (wish !== this.wishes) return;
      if (!isStatus(error, NOT_FOUND)) this.fail(error);
      else this.tellGone();
    }
  }

  play(): void {
    void this.change({ paused: false });
  }

  pause(): void {
    void this.change({ paused: true });
  }

  /** What the server refuses does not stay. */
  setSpeed(speed: Speed): void {
    this.speed = speed;
    if (this.replay !== undefined) void this.change({ speed });
  }

  /** Back to the present. */
  end(): void {
    this.wishes += 1;
    this.aim = undefined;
    this.trouble = undefined;
    if (this.replay === undefined) {
      this.events.told();
      return;
    }
    this.endOwn();
    this.replay = undefined;
    this.stopAsking();
    this.events.follow(undefined);
  }

  /** The page goes away: the replay is ended even then. */
  leave(): void {
    if (this.replay === undefined || !this.owned) return;
    const url = new URL(`v1/replays/${this.replay.id}`, this.server.url);
    void fetch(url, { method: "DELETE", keepalive: true }).catch(() => undefined);
  }

  /** Goes where it is to go, and on to where that was changed to meanwhile. */
  private async pursue(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    while (this.aim !== undefined) {
      const { aim } = this;
      try {
        await this.reach(aim);
      } catch (error) {
        if (this.aim === aim) this.fail(error);
      }
      if (this.aim === aim) this.aim = undefined;
    }
    this.busy = false;
    this.events.told();
  }

  private async reach(aim: Aim): Promise<void> {
    const { replay } = this;
    const isWanted = (): boolean => this.aim !== undefined;
    if (replay === undefined || !this.canSeek(replay, aim)) return this.start(aim, isWanted);
    const seek = new Date(aim.atMs).toISOString();
    try {
      await this.patch(replay.id, { seek });
    } catch (error) {
      if (!isStatus(error, NOT_FOUND) || !this.owned) throw error;
      await this.start(aim, isWanted);
    }
  }

  private canSeek(
    { regions, state, fromMs, toMs, timeMs }: Replay,
    { region, atMs }: Aim,
  ): boolean {
    if (!this.owned) return true;
    if (!regions.includes(region) || state === "failed") return false;
    return atMs >= fromMs && atMs <= toMs && atMs - timeMs <= SEEK_FORTH_MS;
  }

  /**
   * Starts a replay in place of the one that there is.
   *
   * @param isWanted whether the reader has not gone back to the present meanwhile
   */
  private async start(aim: Aim, isWanted: () => boolean): Promise<void> {
    const from = new Date(aim.atMs).toISOString();
    const paused = this.replay === undefined || this.replay.state !== "playing";
    const wanted = { regions: [aim.region], from, speed: this.speed, paused };
    let answer: unknown;
    try {
      answer = await this.server.send("POST", "v1/replays", wanted);
    } catch (error) {
      if (!isStatus(error, UNAVAILABLE) || !this.owned) throw error;
      // The old one may be in the way.
      this.stopAsking();
      await this.drop(this.replay?.id);
      answer = await this.server.send("POST", "v1/replays", wanted);
    }
    const replay = readReplay(answer);
    if (replay === undefined) throw new AnswerError("the replay cannot be read", 0);
    if (!isWanted()) {
      await this.drop(replay.id);
      return;
    }
    this.endOwn();
    this.begin(replay, true);
  }

  private begin(replay: Replay, owned: boolean, shown = false): void {
    this.owned = owned;
    this.servesPage = shown;
    this.replay = replay;
    this.speed = replay.speed;
    this.trouble = undefined;
    this.failures = 0;
    if (shown) this.events.told();
    else this.events.follow(new URL(replay.address, this.server.url).href);
    this.askIn(ASK_REACHING_MS);
  }

  private async change(change: { paused?: boolean; speed?: Speed }): Promise<void> {
    const { replay } = this;
    if (replay === undefined) return;
    this.restarted = false;
    // That was of an earlier wish.
    if (this.trouble?.what === "refused") this.trouble = undefined;
    try {
      await this.patch(replay.id, change);
    } catch (error) {
      // Another one is shown meanwhile, or none.
      if (this.replay?.id !== replay.id) return;
      if (isStatus(error, NOT_FOUND)) await this.gone();
      else {
        if (this.speed === change.speed) this.speed = this.replay.speed;
        this.fail(error);
      }
    }
  }

  private async patch(id: string, change: object): Promise<void> {
    const answer = await this.server.send("PATCH", `v1/replays/${id}`, change);
    if (this.replay?.id !== id) return;
    // How it was before must not be heard after this.
    this.stopAsking();
    this.askIn(ASK_EVERY_MS);
    this.hear(id, answer);
  }

  private hear(id: string, answer: unknown): void {
    const replay = readReplay(answer);
    if (replay === undefined || this.replay?.id !== id) return;
    this.replay = replay;
    this.failures = 0;
    if (this.trouble?.what === "unreachable") this.trouble = undefined;
    this.askIn(replay.state === "reaching" ? ASK_REACHING_MS : ASK_EVERY_MS);
    this.events.told();
  }

  private askIn(waitMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), waitMs);
  }

  private stopAsking(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = undefined;
  }

  private async ask(): Promise<void> {
    const id = this.replay?.id;
    if (id === undefined) return;
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    const late = setTimeout(() => asking.abort(), ANSWER_MS);
    try {
      this.hear(id, await this.server.get(`v1/replays/${id}`, asking.signal));
    } catch (error) {
      // Another one is asked about, or nothing any more.
      if (this.asking !== asking || this.replay?.id !== id) return;
      if (isStatus(error, NOT_FOUND)) {
        await this.gone();
        return;
      }
      this.failures += 1;
      this.trouble = { what: "unreachable", detail: problemOf(error).detail };
      this.askIn(waitBeforeTryMs(this.failures, Math.random()));
      this.events.told();
    } finally {
      clearTimeout(late);
    }
  }

  /** The server has ended the replay. One of ours is started again, once; else the present is shown. */
  private async gone(): Promise<void> {
    const { replay } = this;
    this.stopAsking();
    if (replay === undefined) return;
    const [region] = replay.regions;
    if (!this.owned || this.restarted || region === undefined) {
      if (!this.servesPage) this.leaveGone();
      this.tellGone();
      return;
    }
    this.restarted = true;
    try {
      await this.start({ region, atMs: replay.timeMs }, () => this.replay === replay);
    } catch (error) {
      if (this.replay !== replay) return;
      this.fail(error);
      if (this.trouble?.what !== "unreachable") return;
      // Asked again later, and started then.
      this.restarted = false;
      this.failures += 1;
      this.askIn(waitBeforeTryMs(this.failures, Math.random()));
    }
  }

  /** Its picture is nowhere any more: nothing would be true of what stayed of it. */
  private leaveGone(): void {
    this.owned = false;
    this.replay = undefined;
    this.events.follow(undefined);
  }

  private tellGone(): void {
    this.trouble = { what: "gone", detail: "" };
    this.events.told();
  }

  private fail(error: unknown): void {
    const detail = problemOf(error).detail;
    let what: Trouble = "refused";
    if (isStatus(error, UNAVAILABLE)) what = "too_many";
    else if (isStatus(error, NOT_FOUND)) what = "nothing";
    else if (isStatus(error, 0) || !(error instanceof AnswerError)) what = "unreachable";
    this.trouble = { what, detail };
    this.events.told();
  }

  private endOwn(): void {
    this.stopAsking();
    if (this.owned) void this.drop(this.replay?.id);
    this.owned = false;
  }

  /** It may have ended by itself. */
  private async drop(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    await this.server.send("DELETE", `v1/replays/${id}`).catch(() => undefined);
  }
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof AnswerError && error.status === status;
}
