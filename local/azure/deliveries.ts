import { isClockStopped } from '../clock.ts';
import type { EventDelivery } from './event-delivery.ts';
import type { Random } from './random.ts';
import type { Behaviours } from './types.ts';

/** What an Event Hub message of Key Vault's logs holds. */
export interface AuditPayload {
  readonly records: readonly unknown[];
}
/** A diagnostic setting: gets what an Event Hub of its region would. */
export type AuditListener = (region: string, body: AuditPayload) => void;
/** An event subscription. */
export type EventListener = (event: EventDelivery) => void;

/** Audit records and events on their way out, late as the behaviours say. */
export interface Deliveries {
  /** Whether anybody wants them: a vault without a diagnostic setting writes no log. */
  readonly hasAuditListeners: boolean;
  readonly hasEventListeners: boolean;
  onAuditRecords(listener: AuditListener): () => void;
  onEvent(listener: EventListener): () => void;
  /** Events of subscriptions, by another way: delayed, repeated and dropped by `behaviours.activityDelivery`. */
  onActivity(listener: EventListener): () => void;
  addAuditRecord(region: string, record: unknown): void;
  addEvent(event: EventDelivery): void;
  addActivity(event: EventDelivery): void;
  /** Sends what is pending at once. */
  flushAudit(): void;
  flushEvents(): void;
  /** Sends what is due by the process's `Date`, which timers do not follow when it is turned ahead or stopped. */
  deliverDue(): void;
}

/** How long a payload is kept open for further records of its region, at most, in ms. */
const BATCH_MS = 100;

/** Makes the way out for records and events; the behaviours are read anew for each. */
export function createDeliveries(behaviours: Readonly<Behaviours>, random: Random): Deliveries {
  const auditListeners = new Set<AuditListener>();
  const eventListeners = new Set<EventListener>();
  const openBatches = new Map<string, { readonly closesAtMs: number; readonly records: unknown[] }>();
  const pendingAudit = createPending();
  const pendingEvents = createPending();
  const activityListeners = new Set<EventListener>();

  return {
    get hasAuditListeners() {
      return auditListeners.size > 0;
    },
    get hasEventListeners() {
      return eventListeners.size > 0;
    },
    onAuditRecords: (listener) => subscribe(auditListeners, listener),
    onEvent: (listener) => subscribe(eventListeners, listener),
    onActivity: (listener) => subscribe(activityListeners, listener),
    addAuditRecord(region, record) {
      const now = Date.now();
      const open = openBatches.get(region);
      if (open !== undefined && now <= open.closesAtMs) {
        open.records.push(record);
        return;
      }
      const window = Math.min(BATCH_MS, behaviours.auditDelayMs);
      const batch = { closesAtMs: now + window, records: [record] };
      openBatches.set(region, batch);
      pendingAudit.add(behaviours.auditDelayMs + window, () => {
        if (openBatches.get(region) === batch) openBatches.delete(region);
        for (const listener of auditListeners) listener(region, { records: batch.records });
      });
    },
    addEvent(event) {
      pendingEvents.add(behaviours.eventDelayMs, () => {
        for (const listener of eventListeners) listener(event);
      });
    },
    addActivity(event) {
      if (activityListeners.size === 0) return;
      const { leastMs, longestMs, repeated, dropped } = behaviours.activityDelivery;
      const delay = (): number => leastMs + Math.floor(random.next() * (longestMs - leastMs));
      const deliver = () => {
        for (const listener of activityListeners) listener(event);
      };
      if (random.next() < dropped) return;
      pendingEvents.add(delay(), deliver);
      // Another function: what waits is told apart by it.
      if (random.next() < repeated) pendingEvents.add(delay(), () => deliver());
    },
    flushAudit: () => pendingAudit.flush(),
    flushEvents: () => pendingEvents.flush(),
    deliverDue() {
      pendingAudit.deliverDue();
      pendingEvents.deliverDue();
    },
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

interface Pending {
  add(delayMs: number, deliver: () => void): void;
  flush(): void;
  deliverDue(): void;
}

/** Deliveries that wait for their time, on timers that keep no process alive. */
function createPending(): Pending {
  const waiting = new Map<() => void, { readonly dueMs: number; readonly timer: NodeJS.Timeout | undefined }>();
  const fire = (deliver: () => void): void => {
    clearTimeout(waiting.get(deliver)?.timer);
    if (waiting.delete(deliver)) deliver();
  };
  return {
    add(delayMs, deliver) {
      // While the process's `Date` stands still nothing comes due by itself, however long the machine takes.
      const timer = isClockStopped() ? undefined : setTimeout(() => fire(deliver), delayMs).unref();
      waiting.set(deliver, { dueMs: Date.now() + delayMs, timer });
    },
    flush() {
      for (const deliver of [...waiting.keys()]) fire(deliver);
    },
    deliverDue() {
      const nowMs = Date.now();
      for (const [deliver, { dueMs }] of [...waiting]) {
        if (dueMs <= nowMs) fire(deliver);
      }
    },
  };
}
