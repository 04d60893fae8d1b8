import { DAY_MS, later, MINUTE_MS } from './time.ts';
import type { Period, VaultRecords } from './workspace.ts';

/** The length of the spans in which events are looked for, in ms. The guardian itself reads every guarded vault once a minute, by default. */
export const SPAN_MS = 5 * MINUTE_MS;
/** An event that has not arrived so long after the act is not waited for, in ms: usual are 3 to 10 minutes. @see https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time */
const LATE_MS = 30 * MINUTE_MS;
/** How long a period is kept after its end, in ms. */
const KEPT_MS = DAY_MS;

/** The periods together with further spans, merged where they meet, those of the last day, the oldest first. @param spans beginnings of spans of five minutes with at least one event */
export function withSpans(periods: readonly Period[], spans: readonly Date[], now: Date): readonly Period[] {
  const all = [...periods, ...spans.map((from) => ({ from, until: later(from, SPAN_MS) }))];
  const merged: Period[] = [];
  for (const one of all.toSorted((first, second) => first.from.getTime() - second.from.getTime())) {
    const before = merged.at(-1);
    if (before === undefined || before.until < one.from) merged.push(one);
    else if (before.until < one.until) merged[merged.length - 1] = { from: before.from, until: one.until };
  }
  return merged.filter(({ until }) => until > later(now, -KEPT_MS));
}

/** Of the 24 hours before the last read the share that the periods cover, 0 to 1. */
export function coveredShare({ periods, readAt }: Pick<VaultRecords, 'periods' | 'readAt'>): number {
  const dayAgoMs = readAt.getTime() - DAY_MS;
  const coveredMs = periods.map(({ from, until }) =>
    Math.max(0, Math.min(until.getTime(), readAt.getTime()) - Math.max(from.getTime(), dayAgoMs)),
  );
  return coveredMs.reduce((sum, ms) => sum + ms, 0) / DAY_MS;
}

/**
 * Until when the events of a vault are known to be whole from a moment on: without a span in which none arrived, and so long
 * ago that no more are waited for. `undefined` where not even those of that moment are. A gap of less than ten minutes does
 * not show, nor does a single event that was lost among others: absence is evidence, and no proof against whoever can write
 * to the workspace.
 */
export function knownUntil(
  { periods, readAt }: Pick<VaultRecords, 'periods' | 'readAt'>,
  from: Date,
): Date | undefined {
  // The gap before a period may reach into its first span, and the one after it begin in its last.
  const inner = periods
    .map((one) => ({ from: later(one.from, SPAN_MS), until: later(one.until, -SPAN_MS) }))
    .find((one) => one.from <= from && from <= one.until);
  if (inner === undefined) return undefined;
  const waitedUntil = later(readAt, -LATE_MS);
  const until = inner.until < waitedUntil ? inner.until : waitedUntil;
  return until < from ? undefined : until;
}

/** The unwraps by a user of a key, as far as the events of its vault have arrived. */
export interface Unwraps {
  /** The first and the last with the version; `undefined` where none was read. */
  readonly first: Date | undefined;
  readonly last: Date | undefined;
  /** The last with any other version of the key; `undefined` where none was read. */
  readonly lastOther: Date | undefined;
  /** From the given moment until this one all are known; `undefined` where not even at that moment. */
  readonly knownUntil: Date | undefined;
}

/**
 * What is known of how a user unwraps with a version and with the others of its key. That a set unwraps with the new one
 * alone since it followed is shown where `knownUntil` is an hour after that or later, `first` is defined, and `lastOther` is
 * `undefined` or before it. Unwraps are among uses of 90 days; decrypting and releasing count as well.
 *
 * @param records the row of the vault, `readVaultRecords`; `undefined` where no workspace knows it
 * @param user `callers`: object ids of its identities and the id of its application, as in `KeyUser`
 * @param from since when they have to be known: when the set followed
 */
export function unwrapsOf(
  records: VaultRecords | undefined,
  { key, version, callers }: { readonly key: string; readonly version: string; readonly callers: readonly string[] },
  from: Date,
): Unwraps {
  const ids = new Set(callers.map((id) => id.toLowerCase()));
  const named = `${key}/`.toLowerCase();
  const uses = Object.entries(records?.uses ?? {}).flatMap(([name, users]) =>
    name.startsWith(named)
      ? Object.entries(users).flatMap(([id, use]) =>
          ids.has(id) ? [{ ...use, isOther: name !== `${named}${version.toLowerCase()}` }] : [],
        )
      : [],
  );
  const own = uses.filter(({ isOther }) => !isOther);
  return {
    first: own.map(({ first }) => first).reduce(earliest, undefined),
    last: own.map(({ last }) => last).reduce(latest, undefined),
    lastOther: uses
      .filter(({ isOther }) => isOther)
      .map(({ last }) => last)
      .reduce(latest, undefined),
    knownUntil: records && knownUntil(records, from),
  };
}

const earliest = (one: Date | undefined, other: Date): Date => (one !== undefined && one < other ? one : other);
/** The later of two moments. */
export const latest = (one: Date | undefined, other: Date): Date => (one !== undefined && one > other ? one : other);
