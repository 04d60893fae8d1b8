import * as z from 'zod';
import { digest } from './digest.ts';
import { type KeyId, spell } from './key.ts';

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
  /** Somebody who acts. `id` is their object id, or that of an application. */
  z.object({ kind: z.literal('actor'), id: name }),
  /** Key Guardian itself. */
  z.object({ kind: z.literal('guardian') }),
]);
export type Subject = z.infer<typeof subject>;

/** Key Guardian itself, as a subject. */
export const GUARDIAN: Subject = { kind: 'guardian' };

/** A vault, as a subject. */
export const vaultSubject = (vault: string): Subject => ({ kind: 'vault', vault });

/** A key as a whole. */
export const keyOf = ({ vault, key }: KeyId): KeySubject => ({ kind: 'key', vault, key });

/** A version of a key; the key as a whole where no version is named. */
export const versionOf = ({ vault, key }: KeyId, version: string | undefined): Subject =>
  version === undefined ? keyOf({ vault, key }) : { kind: 'version', vault, key, version };

/** The name of the version where the subject is a version; otherwise `undefined`. */
export const versionIn = (of: Subject): string | undefined => (of.kind === 'version' ? of.version : undefined);

/** Where the rows of a subject stand. No vault can be called as the partitions are that begin with an underscore. */
type Place = { readonly partition: string; readonly row: string };

const WHOLE = '_';

/** What a subject is called: by people, in the tables, and in the trail. */
function namesOf(of: Subject): { readonly spelt: string; readonly place: Place; readonly stream: string } {
  switch (of.kind) {
    case 'key':
    case 'version':
      return { spelt: spell(of), place: { partition: of.vault, row: of.key }, stream: of.vault };
    case 'vault':
      return { spelt: of.vault, place: { partition: of.vault, row: WHOLE }, stream: of.vault };
    case 'disk-encryption-set': {
      // The keys of rows take no slash.
      const place = { partition: '_disk-encryption-sets', row: of.id.replaceAll('/', '|') };
      return { spelt: of.id, place, stream: `_set-${digest(of.id, 16)}` };
    }
    case 'actor':
      return { spelt: `identity ${of.id}`, place: { partition: '_actors', row: of.id }, stream: '_guardian' };
    case 'guardian':
      return { spelt: 'Key Guardian', place: { partition: '_guardian', row: WHOLE }, stream: '_guardian' };
    default:
      return of satisfies never;
  }
}

/** As people write it: `vault/key/version`, `vault`, a resource id, `identity` and an id, or `Key Guardian`. */
export const spellSubject = (of: Subject): string => namesOf(of).spelt;

/** The row of a subject in the tables that have one a subject, such as claims. A version has that of its key: they are worked on together. */
export const placeOf = (of: Subject): Place => namesOf(of).place;

/** The partition of a subject in the tables that have many rows a subject, such as incidents. */
export function partitionOf(of: Subject): string {
  const { partition, row } = placeOf(of);
  return row === WHOLE ? partition : `${partition},${row}`;
}

/** The name of a subject's streams in the trail: one for all of a vault. */
export const streamOf = (of: Subject): string => namesOf(of).stream;
