/** What can go wrong, as errors that say what to do. */

/** A problem as the server tells it (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
}

const BAD_REQUEST = 400;
const GONE = 410;
const TOO_LARGE = 413;
const SERVER_ERROR = 500;

/** Any error of this package. */
export class TilanneError extends Error {
  override readonly name: string = "TilanneError";
}

/** The server refuses what was asked for. Ask for something else; `problem` says what is wrong. */
export class RefusedError extends TilanneError {
  override readonly name: string = "RefusedError";

  constructor(
    readonly problem: Problem,
    advice = "ask for something else",
  ) {
    super(`${problem.title}: ${problem.detail} (status ${problem.status}); ${advice}`);
  }
}

/** More objects than the server keeps for a subscription. Take a smaller area or fewer layers. */
export class TooLargeError extends RefusedError {
  override readonly name: string = "TooLargeError";

  constructor(problem: Problem) {
    super(problem, "take a smaller area, fewer layers or a filter");
  }
}

/**
 * Events were asked for that the log no longer has, or a cursor is of a log that a crash has ended.
 * Start anew without a cursor, or with `time_ms`.
 */
export class GoneError extends RefusedError {
  override readonly name: string = "GoneError";

  constructor(problem: Problem) {
    super(problem, "start anew with time_ms, or from now without it");
  }
}

/** The server cannot be reached, or does not stay. Check the address, and that it runs. */
export class ConnectionLostError extends TilanneError {
  override readonly name: string = "ConnectionLostError";
}

/** Something was done that cannot be, such as subscribing with a client that is closed. */
export class UsageError extends TilanneError {
  override readonly name: string = "UsageError";
}

export function refusal(problem: Problem): RefusedError {
  if (problem.status === TOO_LARGE) return new TooLargeError(problem);
  if (problem.status === GONE) return new GoneError(problem);
  return new RefusedError(problem);
}

/** Whether asking the same again cannot help. */
export function isFinal({ status }: Problem): boolean {
  return status >= BAD_REQUEST && status < SERVER_ERROR;
}
