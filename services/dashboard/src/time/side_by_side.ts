/** A second map beside the first, of another picture, which looks where the first one looks. */

import { element, setText } from "../dom";
import { texts } from "../i18n";
import type { Scene } from "../scene";
import type { PageState } from "../shell/header";
import { pageState } from "../shell/header";
import type { Session } from "../stream/session";
import type { TimeHost } from "./host";

const TEXTS = texts({
  en: {
    then: "Then: {moment}",
    now: "Now: {moment}",
    changed: "With the change: {moment}",
    baseline: "As it was: {moment}",
    map: "Second map, for comparison",
    lost: "no connection",
  },
  fi: {
    then: "Silloin: {moment}",
    now: "Nyt: {moment}",
    changed: "Muutoksen kanssa: {moment}",
    baseline: "Kuten oli: {moment}",
    map: "Toinen kartta vertailua varten",
    lost: "ei yhteyttä",
  },
  sv: {
    then: "Då: {moment}",
    now: "Nu: {moment}",
    changed: "Med ändringen: {moment}",
    baseline: "Så som det var: {moment}",
    map: "Andra kartan, för jämförelse",
    lost: "ingen anslutning",
  },
});

/**
 * Of when a picture is. A server that says nothing leaves it as it was, while its time goes on.
 *
 * @param lagMs how old its newest message is
 */
export function momentShown(
  state: PageState,
  nowMs: number | undefined,
  lagMs: number | undefined,
): number | "lost" | undefined {
  if (state === "lost") return "lost";
  return state === "silent" && nowMs !== undefined ? nowMs - (lagMs ?? 0) : nowMs;
}

export class SideBySide {
  private readonly session: Session;
  private readonly scene: Scene;
  private readonly first = element("p", {
    class: "moment-label first",
    "data-testid": "label-then",
  });
  private readonly second = element("p", {
    class: "moment-label second",
    "data-testid": "label-now",
  });
  /** One map moves the other, which must not move it back. */
  private leading = false;

  /**
   * @param url the folder that the second picture is served in
   * @param isBaseline whether it is what a what-if is compared with, and not the present
   */
  constructor(
    private readonly host: TimeHost,
    url: string,
    private readonly isBaseline: boolean,
  ) {
    host.frame.mark("sided", true);
    host.frame.over.append(this.first, this.second);
    this.session = host.pictures.open(url, {
      changed: (changes) => this.scene.changed(changes),
      connected: () => this.tick(),
      problem: (problem) => this.scene.refused(problem),
      answered: () => undefined,
    });
    // MapLibre styles what it is put into: its place in the page is that of what is around it.
    const map = element("div");
    map.style.height = "100%";
    host.frame.beside.replaceChildren(map);
    this.scene = host.scene.beside(this.session, map, {
      settled: () => undefined,
      moved: () => this.lead(this.scene, host.scene),
      picked: (selection) => host.select(selection),
      tick: () => this.tick(),
    });
    this.rebuild();
    this.changed();
  }

  /** The first map has moved. */
  follow(): void {
    this.lead(this.host.scene, this.scene);
  }

  tick(): void {
    const { host, session, scene } = this;
    // The map says so while it is being made.
    if (scene === undefined) return;
    scene.tick();
    const say = host.speech().of(TEXTS);
    const [then, now] = this.isBaseline
      ? (["changed", "baseline"] as const)
      : (["then", "now"] as const);
    const moment = ({ live, nowMs }: Session, state: PageState): string => {
      const shown = momentShown(state, nowMs, live.clock.lagMs());
      if (shown === "lost") return say("lost");
      return shown === undefined ? "…" : host.speech().date(shown);
    };
    const { shown } = host.pictures;
    setText(this.first, say(then, { moment: moment(shown, stateOf(shown)) }));
    const state = stateOf(session);
    setText(this.second, say(now, { moment: moment(session, state) }));
    host.frame.beside.classList.toggle("stale", state === "lost" || state === "silent");
  }

  changed(): void {
    this.scene.applyChoices();
    this.scene.select(this.host.selection());
  }

  restyle(): void {
    this.scene.restyle();
  }

  rebuild(): void {
    this.scene.name(this.host.speech().of(TEXTS)("map"));
    this.tick();
  }

  close(): void {
    this.scene.close();
    this.session.close();
    this.first.remove();
    this.second.remove();
    this.host.frame.beside.replaceChildren();
    this.host.frame.beside.classList.remove("stale");
    this.host.frame.mark("sided", false);
  }

  private lead(from: Scene, to: Scene | undefined): void {
    const { camera } = from;
    if (this.leading || camera === undefined || to === undefined) return;
    this.leading = true;
    to.look(camera);
    this.leading = false;
  }
}

function stateOf({ live }: Session): PageState {
  return pageState(live.state, live.clock.lagMs());
}
