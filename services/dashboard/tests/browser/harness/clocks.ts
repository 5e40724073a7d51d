/** Clocks of the page that are wrong, and that jump while it sleeps. */

export interface PageClocks {
  /** What the browser's clock is ahead of the true time, ms. */
  aheadMs: number;
  /** Whether the timer goes on while the computer sleeps: it does on some systems. */
  sleepingTimerRuns: boolean;
  /** How long the next sleep will have been, ms; without one the clocks just run. */
  nextSleepMs: number;
}

declare global {
  interface Window {
    clocks?: PageClocks;
  }
}

/**
 * To run before the page's scripts. A page that was stopped for over a second has slept as long as
 * `nextSleepMs` says: the first question for the time after that has the clocks jump.
 */
export function tamperWithClocks(): void {
  const STOPPED_MS = 1_500;
  const clocks: PageClocks = { aheadMs: 0, sleepingTimerRuns: false, nextSleepMs: 0 };
  window.clocks = clocks;
  const RealDate = Date;
  const timer = performance.now.bind(performance);
  let timerAheadMs = 0;
  let askedMs = timer();
  const notice = (): number => {
    const nowMs = timer();
    if (nowMs - askedMs > STOPPED_MS && clocks.nextSleepMs > 0) {
      clocks.aheadMs += clocks.nextSleepMs;
      if (clocks.sleepingTimerRuns) timerAheadMs += clocks.nextSleepMs;
      clocks.nextSleepMs = 0;
    }
    askedMs = nowMs;
    return nowMs;
  };
  performance.now = () => notice() + timerAheadMs;
  const now = (): number => {
    notice();
    return RealDate.now() + clocks.aheadMs;
  };
  window.Date = new Proxy(RealDate, {
    construct: (target, values) =>
      values.length === 0 ? new target(now()) : Reflect.construct(target, values),
    get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
  });
  setInterval(notice, 200);
}

/** To run after `tamperWithClocks`. */
export function anHourFast(): void {
  if (window.clocks !== undefined) window.clocks.aheadMs = 3_600_000;
}

/** To run after `tamperWithClocks`. */
export function anHourSlow(): void {
  if (window.clocks !== undefined) window.clocks.aheadMs = -3_600_000;
}
