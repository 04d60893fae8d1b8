import type { Approval } from '../domain/approval.ts';
import { type Hold, isInForce, subjectOfHold } from '../domain/hold.ts';
import { streamOf } from '../domain/subject.ts';
import { HOUR_MS, later } from '../domain/time.ts';
import { SpooledRecordUnreadable, StorageUnreachable, TrailBroken } from '../errors.ts';
import { alertForged } from '../incidents/forged.ts';
import type { Ports } from '../ports.ts';
import type { SignedListed } from '../register/signed-rows.ts';

/**
 * Every approval that was asked for in a vault, granted or not. Only those that the guardian signed, and of which the trail
 * does not say that they were withdrawn: a row may have been replaced by what it was before. Where the trail cannot be read,
 * none counts that is granted. Throws `RowUnreadable` where one cannot be read.
 */
export async function readApprovals(ports: Ports, vault: string): Promise<readonly Approval[]> {
  const approvals = await signedIn(await ports.tables.approvals.list(vault), ports);
  // An hour after its window none covers anything any more.
  const lately = later(ports.now(), -HOUR_MS);
  const mayCover = ({ granted, withdrawn, until }: Approval): boolean =>
    granted !== undefined && withdrawn === undefined && until > lately;
  if (!approvals.some(mayCover)) return approvals;
  const ended = await endedIn(vault, ports);
  return approvals.filter((one) => !mayCover(one) || (ended !== undefined && !ended.has(one.id)));
}

/**
 * Every hold, on any key or vault. Only those that the guardian signed or may have signed, and of which the trail does not
 * say that they were released. Throws `RowUnreadable` where one cannot be read: it may stop writes.
 */
export async function readHolds(ports: Ports): Promise<readonly Hold[]> {
  const holds = await signedIn(await ports.tables.holds.list('holds'), ports);
  const standing = holds.filter((one) => one.released === undefined && isInForce(one, ports.now()));
  const streams = [...new Set(standing.map((one) => streamOf(subjectOfHold(one))))];
  const ended = new Map(await Promise.all(streams.map(async (one) => [one, await endedIn(one, ports)] as const)));
  return holds.filter(
    (one) => !standing.includes(one) || ended.get(streamOf(subjectOfHold(one)))?.has(one.id) !== true,
  );
}

async function signedIn<T>({ stored, unreadable, forged }: SignedListed<T>, ports: Ports): Promise<readonly T[]> {
  const [first] = unreadable;
  if (first !== undefined) throw first;
  await alertForged(forged, ports);
  return stored.map(({ value }) => value);
}

/** The ids of what was withdrawn or released, by the register's stream of the trail; `undefined` where it cannot be read. */
async function endedIn(stream: string, { trail }: Ports): Promise<ReadonlySet<unknown> | undefined> {
  try {
    const records = await trail.readRegister(stream);
    return new Set(records.flatMap(({ detail }) => (detail.ended === undefined ? [] : [detail.ended])));
  } catch (error) {
    const kinds = [StorageUnreachable, TrailBroken, SpooledRecordUnreadable];
    if (!kinds.some((kind) => error instanceof kind)) throw error;
    return undefined;
  }
}
