/** Follows the live picture of Tilanne. Begin at {@link Client}. */

export { FIRST_WAIT_MS, LONGEST_WAIT_MS, waitBeforeTryMs } from "./backoff.js";
export type { Change, ChangeOf, Changes } from "./changes.js";
export { noChanges } from "./changes.js";
export type { ClientOptions } from "./client.js";
export { Client, streamAddress } from "./client.js";
export { ServerClock } from "./clock.js";
export type { ConnectionState, Socket, Surroundings } from "./connection.js";
export { OPEN_LIMIT_MS, PROBE_AFTER_MS, SILENCE_LIMIT_MS } from "./connection.js";
export type { EventListener } from "./events.js";
export { EVENTS_PENDING_MAX, EventStream } from "./events.js";
export type * from "./model.js";
export { LAYERS } from "./model.js";
export { Picture } from "./picture.js";
export type { Problem } from "./problem.js";
export {
  ConnectionLostError,
  GoneError,
  RefusedError,
  TilanneError,
  TooLargeError,
  UsageError,
} from "./problem.js";
export type {
  ClientMessage,
  CloudEvent,
  DeltaMessage,
  ErrorMessage,
  EventData,
  EventsMessage,
  Objects,
  Removal,
  RemovalReason,
  ServerMessage,
  SnapshotMessage,
} from "./protocol.js";
export { parseServerMessage } from "./protocol.js";
export type { Corridor, EventSelection, Place, Point, Selection } from "./selection.js";
export type { StopSelection } from "./stops.js";
export type { SubscriptionListener, SubscriptionState } from "./subscription.js";
export { RESUBSCRIBE_PAUSE_MS, RESUME_LIMIT_MS, Subscription } from "./subscription.js";
