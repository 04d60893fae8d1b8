import { createHash } from 'node:crypto';
import { z } from 'zod';

// Azure compares all of these without case.
const name = z.string().toLowerCase();

/** A key of a vault, as a subject. */
export const keySubject = z.object({ kind: z.literal('key'), vault: name, key: name });
export type KeySubject = z.infer<typeof keySubject>;

/** What can be inspected, claimed, recorded and alerted about. Adding a variant breaks the build wherever it has to be handled. */
export const subject = z.discriminatedUnion('kind', [
  keySubject,
  z.object({ kind: z.literal('version'), vault: name, key: name, version: name }),
  z.object({ kind: z.literal('vault'), vault: name }),
  /** `id` is its resource id. */
  z.object({ kind: z.literal('disk-encryption-set'), id: name }),
  /** Key Guardian itself. */
  z.object({ kind: z.literal('guardian') }),
]);
export type Subject = z.infer<typeof subject>;

/** Key Guardian itself, as a subject. */
export const GUARDIAN: Subject = { kind: 'guardian' };

/** A vault, as a subject. */
export const vaultSubject = (vault: string): Subject => ({ kind: 'vault', vault });

/** A key as a whole, as a subject. */
export const keyOf = ({ vault, key }: { readonly vault: string; readonly key: string }): KeySubject => ({
  kind: 'key',
  vault,
  key,
});

/** A version of a key, as a subject; the key as a whole where no version is named. */
export const versionOf = (
  { vault, key }: { readonly vault: string; readonly key: string },
  version: string | undefined,
): Subject => (version === undefined ? { kind: 'key', vault, key } : { kind: 'version', vault, key, version });

/** The name of the version where the subject is a version; otherwise `undefined`. */
export const versionIn = (of: Subject): string | undefined => (of.kind === 'version' ? of.version : undefined);

/** A subject in words: `vault/key/version`, `vault`, a resource id, or `Key Guardian`. */
export function spellSubject(of: Subject): string {
  switch (of.kind) {
    case 'key':
      return `${of.vault}/${of.key}`;
    case 'version':
      return `${of.vault}/${of.key}/${of.version}`;
    case 'vault':
      return of.vault;
    case 'disk-encryption-set':
      return of.id;
    case 'guardian':
      return 'Key Guardian';
    default:
      return of satisfies never;
  }
}

/** The partition and row of a subject. Partitions that begin with an underscore cannot collide with the name of a vault. */
export interface Place {
  readonly partition: string;
  readonly row: string;
}

const WHOLE = '_';
/** A resource id as the key of a row, which may not contain a slash. */
const rowOfId = (id: string): string => id.replaceAll('/', '|');

/** The row of a subject in tables with one row for each subject, such as `claims`. A version shares the row of its key. */
export function placeOf(of: Subject): Place {
  switch (of.kind) {
    case 'key':
    case 'version':
      return { partition: of.vault, row: of.key };
    case 'vault':
      return { partition: of.vault, row: WHOLE };
    case 'disk-encryption-set':
      return { partition: '_disk-encryption-sets', row: rowOfId(of.id) };
    case 'guardian':
      return { partition: '_guardian', row: WHOLE };
    default:
      return of satisfies never;
  }
}

/** The partition of a subject in tables with many rows for each subject, such as `incidents`. */
export function partitionOf(of: Subject): string {
  const { partition, row } = placeOf(of);
  return row === WHOLE ? partition : `${partition},${row}`;
}

/** The name of a subject's streams in the trail. All keys of a vault share one. */
export function streamOf(of: Subject): string {
  switch (of.kind) {
    case 'key':
    case 'version':
    case 'vault':
      return of.vault;
    case 'disk-encryption-set':
      return `_set-${createHash('sha256').update(of.id).digest('hex').slice(0, 16)}`;
    case 'guardian':
      return '_guardian';
    default:
      return of satisfies never;
  }
}
