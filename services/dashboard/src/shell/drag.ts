/**
 * Dragging panels of a board by a handle, with mouse, pen or finger. Nothing moves until the panel is
 * dropped: a line says where it lands. Who has no pointer, or a hand that is not steady, has buttons.
 */

import { element } from "../dom";
import type { Landing, Point } from "./landing";
import { edgeSpeedPxPerS, landingAt } from "./landing";

export interface DragHost {
  /** What scrolls. */
  readonly board: HTMLElement;
  /** In their order. */
  panels(): readonly HTMLElement[];
  /** @param to place among the others, from 0 */
  drop(to: number): void;
}

/** A press that moves less is none to drag with. */
const STEADY_PX = 4;
/** A frame that was late scrolls no further than this one. */
const FRAME_MS_MAX = 50;

/** @param title says what it is for; it is not there for screen readers, which have the buttons */
export function dragHandle(title: string, host: DragHost): HTMLElement {
  const handle = element("span", { class: "panel-handle", "aria-hidden": "true", title });
  handle.addEventListener("pointerdown", (event) => {
    const panel = host.panels().find((one) => one.contains(handle));
    if (panel === undefined || !event.isPrimary || event.button !== 0) return;
    // No text is marked, and the focus stays where it is.
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    new Drag(host, panel, event);
  });
  return handle;
}

/** From the press to the drop, or until it is given up. */
class Drag {
  private readonly ghost: HTMLElement;
  private readonly mark = element("div", { class: "drop-mark" });
  private readonly over = new AbortController();
  private readonly pressed: Point;
  private point: Point;
  private landing: Landing | undefined;
  private lifted = false;

  constructor(
    private readonly host: DragHost,
    private readonly panel: HTMLElement,
    { pointerId, clientX, clientY }: PointerEvent,
  ) {
    this.pressed = this.point = { x: clientX, y: clientY };
    this.ghost = element(
      "div",
      { class: "drag-ghost" },
      panel.querySelector("h2")?.textContent ?? "",
    );
    const { signal } = this.over;
    const listen = (type: "pointermove" | "pointerup" | "pointercancel", heard: () => void): void =>
      window.addEventListener(
        type,
        (event) => {
          if (event.pointerId !== pointerId) return;
          this.point = { x: event.clientX, y: event.clientY };
          heard();
        },
        { signal },
      );
    listen("pointermove", () => this.move());
    listen("pointerup", () => this.drop());
    listen("pointercancel", () => this.end());
    const keys = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      // It gives up the drag and nothing else.
      event.preventDefault();
      event.stopPropagation();
      this.end();
    };
    window.addEventListener("keydown", keys, { signal, capture: true });
    window.addEventListener("blur", () => this.end(), { signal });
  }

  private move(): void {
    const { point, pressed } = this;
    if (this.lifted || Math.hypot(point.x - pressed.x, point.y - pressed.y) < STEADY_PX) return;
    this.lifted = true;
    this.panel.classList.add("dragged");
    this.host.board.append(this.mark, this.ghost);
    this.follow(performance.now());
  }

  /** Each frame, since the board may scroll under a pointer that rests. */
  private follow(beforeMs: number): void {
    if (this.over.signal.aborted) return;
    // Another board has taken the place of this one.
    if (!this.panel.isConnected) return this.end();
    const nowMs = performance.now();
    const { board } = this.host;
    const { x, y } = this.point;
    const speed = edgeSpeedPxPerS(y, board.getBoundingClientRect());
    if (speed !== 0) {
      const byPx = (speed * Math.min(nowMs - beforeMs, FRAME_MS_MAX)) / 1_000;
      // A board counts whole pixels on some screens: less than one would never get it going.
      board.scrollTop += Math.sign(byPx) * Math.max(1, Math.abs(byPx));
    }
    this.find();
    this.draw();
    this.ghost.style.translate = `${x}px ${y}px`;
    requestAnimationFrame(() => this.follow(nowMs));
  }

  private find(): void {
    const { host, panel, point } = this;
    const panels = host.panels();
    const boxes = panels.map((one) => one.getBoundingClientRect());
    const left = Math.min(...boxes.map((box) => box.left));
    const right = Math.max(...boxes.map((box) => box.right));
    const { top, bottom } = host.board.getBoundingClientRect();
    this.landing = landingAt(point, boxes, panels.indexOf(panel), { left, right, top, bottom });
  }

  /** The line is in what scrolls, so that it stays with the panels. */
  private draw(): void {
    const { mark, landing, host } = this;
    mark.hidden = landing === undefined;
    if (landing === undefined) return;
    const { left, top, right, bottom } = landing.mark;
    const board = host.board.getBoundingClientRect();
    mark.style.left = `${left - board.left}px`;
    mark.style.top = `${top - board.top + host.board.scrollTop}px`;
    mark.style.width = `${right - left}px`;
    mark.style.height = `${bottom - top}px`;
  }

  private drop(): void {
    const { host, panel, lifted } = this;
    if (lifted) this.find();
    const { landing } = this;
    this.end();
    if (landing !== undefined && panel.isConnected) host.drop(landing.to);
  }

  private end(): void {
    this.over.abort();
    this.panel.classList.remove("dragged");
    this.mark.remove();
    this.ghost.remove();
  }
}
