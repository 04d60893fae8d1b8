import { HOUR_MS, later } from '../domain/time.ts';
import type { ChainLine } from './chain.ts';
import { SEALS, type StreamName } from './stream-name.ts';

/** A record of the trail as a workspace holds it. */
export interface HeldRecord {
  /** As the row says it, whatever that is. */
  readonly stream: StreamName;
  /** 0 where the row has no such number. */
  readonly sequence: number;
  /** SHA-256, hex. */
  readonly hash: string;
  /** Of a seal its root; empty otherwise. */
  readonly root: string;
}

/** Which records are compared with a workspace. */
export interface HeldWindow {
  /** When the workspace was asked. Whatever was in it then had been in storage before. */
  readonly askedAt: Date;
  /** A record from before this may be gone from the workspace, which keeps them for a time. */
  readonly since: Date;
  /** A record that was appended at this moment or later is not compared. */
  readonly until: Date;
}

/** What a workspace held of the trail. */
export interface HeldTrail extends HeldWindow {
  readonly streams: readonly StreamName[];
  /** The hashes of a stream by the number of the record; several where rows differ. */
  readonly hashesOf: (stream: StreamName) => Map<number, Set<string>>;
  /** The roots of seals, each with the number of its seal. */
  readonly roots: ReadonlyMap<string, number>;
}

/** A record of the trail reaches the workspace within so long, in ms: it is sent once a minute, and shows minutes later. */
const ARRIVES_WITHIN_MS = HOUR_MS;
/** A record takes so many bytes here: its number and its hash. */
const ENTRY_BYTES = 8 + 32;

/** Collects what a workspace holds, in 40 bytes a record. A record may be added twice. */
export function collectHeld() {
  const streams = new Map<StreamName, { bytes: Buffer; count: number }>();
  const roots = new Map<string, number>();
  return {
    add({ stream, sequence, hash, root }: HeldRecord): void {
      const packed = streams.get(stream) ?? { bytes: Buffer.alloc(ENTRY_BYTES * 16), count: 0 };
      streams.set(stream, packed);
      const at = packed.count * ENTRY_BYTES;
      if (at === packed.bytes.length) packed.bytes = Buffer.concat([packed.bytes, Buffer.alloc(packed.bytes.length)]);
      packed.bytes.writeDoubleLE(sequence, at);
      packed.bytes.write(hash, at + 8, 32, 'hex');
      packed.count += 1;
      if (root !== '' && stream === SEALS) roots.set(root, sequence);
    },
    held: (window: HeldWindow): HeldTrail => ({
      ...window,
      streams: [...streams.keys()],
      roots,
      hashesOf(stream) {
        const { bytes, count } = streams.get(stream) ?? { bytes: Buffer.alloc(0), count: 0 };
        const hashes = new Map<number, Set<string>>();
        for (let at = 0; at < count * ENTRY_BYTES; at += ENTRY_BYTES) {
          const sequence = bytes.readDoubleLE(at);
          const hash = bytes.toString('hex', at + 8, at + ENTRY_BYTES);
          hashes.set(sequence, (hashes.get(sequence) ?? new Set()).add(hash));
        }
        return hashes;
      },
    }),
  };
}

/** What comparing the records of storage with those of a workspace came to. */
export interface Compared {
  /** Since when every record is expected there. */
  readonly since: Date;
  /** Records that both have, alike. */
  readonly alike: number;
  /** Records that may still arrive there, or that were not to be compared. */
  readonly notYet: number;
  /** Records that it no longer holds, or never did, from before that time. */
  readonly older: number;
}

/** Records of a stream that differ, from the first to the last. */
export interface Difference {
  readonly first: number;
  readonly last: number;
  readonly because: 'not-in-workspace' | 'other-in-workspace' | 'only-in-workspace';
}

/** Compares storage with what a workspace holds, a stream at a time. */
export function comparing(held: HeldTrail) {
  const counted = { alike: 0, notYet: 0, older: 0 };
  const isAwaited = ({ appendedAt }: ChainLine): boolean =>
    appendedAt === undefined || appendedAt >= held.until || appendedAt > later(held.askedAt, -ARRIVES_WITHIN_MS);
  const isOlder = ({ record, appendedAt }: ChainLine): boolean =>
    (record?.time ?? appendedAt ?? held.askedAt) < held.since;

  return {
    counted: (): Compared => ({ since: held.since, ...counted }),
    /** The comparison of one stream: each record of storage is noted in its order. */
    stream(name: StreamName) {
      const left = held.hashesOf(name);
      const missing: number[] = [];
      const others: number[] = [];
      return {
        note(line: ChainLine): void {
          const hashes = left.get(line.sequence);
          left.delete(line.sequence);
          if (hashes?.size === 1 && hashes.has(line.hash)) counted.alike += 1;
          else if (hashes !== undefined) others.push(line.sequence);
          else if (isOlder(line)) counted.older += 1;
          else if (isAwaited(line)) counted.notYet += 1;
          else missing.push(line.sequence);
        },
        /** @param isWhole false where the stream was not read to its end: then nothing is known of what follows */
        differences: (isWhole: boolean): readonly Difference[] => [
          ...ranges(missing, 'not-in-workspace'),
          ...ranges(others, 'other-in-workspace'),
          ...ranges(isWhole ? [...left.keys()].toSorted((one, other) => one - other) : [], 'only-in-workspace'),
        ],
      };
    },
  };
}

/** Numbers in their order, those that follow one another in one range. */
function ranges(numbers: readonly number[], because: Difference['because']): readonly Difference[] {
  const all: Difference[] = [];
  for (const number of numbers) {
    const before = all.at(-1);
    if (before?.last === number - 1) all[all.length - 1] = { ...before, last: number };
    else all.push({ first: number, last: number, because });
  }
  return all;
}
