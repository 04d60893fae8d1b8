import { createHash, createPublicKey } from 'node:crypto';
import type { AuditEntry, AuditRecord } from '../domain/audit-record.ts';
import { type Anchor, type SealDetail, type StreamHead, sealDetail } from '../domain/seal.ts';
import { isSignedBy, type PublicJwk, type SigningKey } from '../domain/signer.ts';
import { GUARDIAN } from '../domain/subject.ts';
import { DAY_MS, later } from '../domain/time.ts';
import { inTurns } from '../in-turns.ts';
import type { Streams } from '../storage.ts';
import { type ChainHead, canonical, link, readLine, sha256 } from './chain.ts';
import { type Changed, recentChanges, shownUntil } from './changes.ts';
import { findEnd, findLast } from './stream-end.ts';
import { SEALS, type StreamName } from './stream-name.ts';
import { writeBlock } from './write-block.ts';

/** What sealing needs. */
export interface SealNeeds {
  readonly streams: Streams;
  readonly signingKey: () => Promise<SigningKey>;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly rollAfterBlocks: number;
}

/** Streams whose ends are searched for at the same time. */
const AT_ONCE = 16;
/** Streams that one seal names at most, a few more where they changed in one second. */
const MOST_STREAMS = 5_000;

/** A seal that was made. */
export interface Sealed {
  readonly anchor: Anchor;
  /** False where more streams had changed than one seal names: the next seal names those. */
  readonly isAll: boolean;
}

/**
 * Appends a seal, signed, to the stream of seals. It names the head of each stream of this month and the last, and of each
 * stream of the register, that was appended to since the seal before it. Throws `StorageUnreachable` and `SigningFailed`.
 *
 * @param more `also-current` names the streams of today, of yesterday and of the register as well, changed or not
 */
export async function seal(more: 'changed' | 'also-current', needs: SealNeeds): Promise<Sealed> {
  const { streams, now } = needs;
  const time = now();
  const key = await needs.signingKey();
  const last = await lastSeal(key.publicJwk, streams);
  const listed = await recentChanges(streams, time);
  const { chosen, changedAt, isAll } = sinceThen(listed, last?.changedAt ?? new Date(0), time);
  const current = new Set(
    more === 'changed' ? [] : listed.map(({ stream }) => stream).filter((name) => isCurrent(name, time)),
  );
  const known = new Set(last?.heads.map(({ hash }) => hash));
  const found = await headsOf([...new Set([...chosen, ...current])].toSorted(), streams);
  const heads = found.filter(({ stream, hash }) => current.has(stream) || !known.has(hash));
  const entry: AuditEntry = {
    id: needs.newId(),
    time,
    what: 'seal',
    subject: GUARDIAN,
    detail: JSON.parse(JSON.stringify({ heads, changedAt, key: key.publicJwk })),
  };
  let anchor: Anchor | undefined;
  await writeBlock(
    { streams, stream: SEALS, now, rollAfterBlocks: needs.rollAfterBlocks },
    // Signed with its place in the stream: again where another seal was faster.
    async (head) => {
      const { text, root } = signedText(entry, head);
      const signature = await key.sign(text);
      anchor = anchorOf({ root, number: head.sequence + 1, sealedAt: time }, { heads, key: key.publicJwk });
      return [{ ...entry, detail: { ...entry.detail, signature } }];
    },
    undefined,
    () => false,
  );
  if (anchor === undefined) throw new Error('A seal was appended without an anchor.');
  return { anchor, isAll };
}

/** What the signature of a seal covers, and the SHA-256 of that: its root. */
function signedText(entry: AuditEntry, head: ChainHead): { readonly text: string; readonly root: string } {
  const { hash: root, ...unsigned } = link(entry, head);
  return { text: canonical(JSON.parse(JSON.stringify(unsigned))), root };
}

/** A seal that was read: what it says, its root, and the text that its key signed. */
export interface ReadSeal extends SealDetail {
  readonly root: string;
  readonly signedText: string;
}

/** What a record says as a seal; `undefined` where it is none. @param line of the record */
export function readSeal({ what, detail }: AuditRecord, line: string): ReadSeal | undefined {
  const said = sealDetail.safeParse(detail);
  if (what !== 'seal' || !said.success) return undefined;
  const { hash: _, detail: whole, ...others } = JSON.parse(line);
  const { signature: __, ...unsigned } = whole;
  const text = canonical({ ...others, detail: unsigned });
  return { ...said.data, root: sha256(text), signedText: text };
}

/** What of a seal goes outside. */
export const anchorOf = (
  { root, number, sealedAt }: { readonly root: string; readonly number: number; readonly sealedAt: Date },
  { heads, key }: { readonly heads: readonly StreamHead[]; readonly key: PublicJwk },
): Anchor => ({
  root,
  seal: number,
  sealedAt,
  streams: heads.length,
  records: heads.reduce((sum, { records }) => sum + records, 0),
  key: thumbprint(key),
});

/** The thumbprint of a key, base64url. @see https://www.rfc-editor.org/rfc/rfc7638 */
export function thumbprint(key: PublicJwk): string {
  const { alg: _, ...required } = key;
  return createHash('sha256').update(canonical(required)).digest('base64url');
}

/** Whether the key that a seal names signed it. Whose key that is has to be known otherwise. */
export const isSigned = ({ key, signature, signedText: text }: ReadSeal): boolean =>
  isSignedBy(createPublicKey({ key, format: 'jwk' }), text, signature);

/**
 * The newest seal; `undefined` where that key did not sign it. How far a seal of somebody else says that it reaches is not
 * believed: it could keep later changes from being sealed.
 */
async function lastSeal(by: PublicJwk, streams: Streams): Promise<ReadSeal | undefined> {
  // As it lies there: another version may have signed members that this one does not know.
  const { line = '' } = await findLast(streams, SEALS);
  const last = readLine(line);
  const read = typeof last === 'string' || last.record === undefined ? undefined : readSeal(last.record, line);
  return read !== undefined && thumbprint(read.key) === thumbprint(by) && isSigned(read) ? read : undefined;
}

/**
 * The streams that changed after that second, those first that changed first, and how far they reach; beside them those that
 * changed within it, since that may have been after the last seal.
 *
 * @param begun when they were listed
 */
function sinceThen(listed: readonly Changed[], since: Date, begun: Date) {
  const within = listed.filter(({ changedAt }) => changedAt.getTime() === since.getTime());
  const after = listed
    .filter(({ changedAt }) => changedAt > since)
    .toSorted((one, other) => one.changedAt.getTime() - other.changedAt.getTime());
  const newest = (after[MOST_STREAMS - 1] ?? after.at(-1))?.changedAt ?? since;
  const covered = after.filter((one) => one.changedAt <= newest);
  const chosen = [...within, ...covered].map(({ stream }) => stream);
  return { chosen, changedAt: shownUntil(newest, begun), isAll: covered.length === after.length };
}

/** Whether a stream is of the register, of today or of yesterday. */
const isCurrent = (stream: StreamName, now: Date): boolean =>
  stream.startsWith('register/') ||
  [now, later(now, -DAY_MS)].some((at) =>
    stream.startsWith(`audit/${at.toISOString().slice(0, 'yyyy-mm-dd'.length)}/`),
  );

/** The heads of streams in their order; a stream without a record has none. */
async function headsOf(names: readonly StreamName[], streams: Streams): Promise<readonly StreamHead[]> {
  const found = new Map<StreamName, ChainHead>();
  await inTurns(AT_ONCE, names, async (stream) => void found.set(stream, (await findEnd(streams, stream)).head));
  return names.flatMap((stream) => {
    const { sequence = 0, hash = '' } = found.get(stream) ?? {};
    return sequence === 0 ? [] : [{ stream, records: sequence, hash }];
  });
}
