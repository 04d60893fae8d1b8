import { type Approval, covers, mayCover } from '../domain/approval.ts';
import type { Finding } from '../domain/finding.ts';
import type { KeyRecord } from '../domain/register.ts';

interface Looked {
  readonly key: string;
  readonly record: KeyRecord;
  readonly approvals: readonly Approval[];
  /** When a pass over the vault last ended well before this look; `undefined` where none did. */
  readonly lastPassAt: Date | undefined;
}

/**
 * Whether nobody can say when a version came to be as it is, and an approval covers it or not, depending on that: the
 * vault's time is that of its last change, which may have been another. It came to be since the guardian last saw it
 * otherwise. Acts that the audit log told of since then narrow it to theirs.
 */
export function isUndated(finding: Finding, { key, record, approvals, lastPassAt }: Looked): boolean {
  const { act, version, since, remedy } = finding;
  const known = version === undefined ? undefined : record.versions[version];
  if (approvals.length === 0 || act === undefined || known?.seen === undefined || remedy.kind !== 'restore')
    return false;
  if (known.undated?.getTime() === since.getTime()) return true;
  // What was bad at the last look too was judged then.
  if (known.seen.verdict === 'left') return false;
  const after = new Date(Math.max(known.seen.at.getTime(), lastPassAt?.getTime() ?? 0));
  const told = record.acts.filter(
    ({ operation, version: of, at }) =>
      operation === 'KeyUpdate' && (of === undefined || of === version) && at.getTime() > after.getTime(),
  );
  return approvals.some((approval) =>
    told.length === 0
      ? mayCover(approval, key, { act, version, at: since, by: undefined }, after)
      : told.some(({ at, by }) => covers(approval, key, { act, version, at, by: by.oid })),
  );
}
