import * as z from 'zod';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import type { Answer } from '../../../shared/domain/vault.ts';
import { notPlayed, scene, unclear, verdict } from '../fact.ts';
import { contentOf, type Said, spellSaid } from '../person.ts';
import { type Arrived, makeVersion, spellAnswer, spellWait, until } from '../stage.ts';

/** What was observed when a deleted key was to be purged. */
export interface Purging {
  /** By the recovery level of its keys. */
  readonly isProtected: boolean;
  readonly deleted: Arrived<true> | undefined;
  /** `undefined` where it was never among the deleted keys. */
  readonly said: Said | undefined;
  /** Where it was purged: that it is in neither list. */
  readonly gone: Arrived<true> | undefined;
  /** The guardian's read of the deleted key in the end. */
  readonly afterwards: Answer<unknown>;
}

const DELETED_WITHIN_MS = 10 * MINUTE_MS;
const GONE_WITHIN_MS = 2 * MINUTE_MS;

export const purge = scene<Purging>({
  says: 'Delete a key, and try to purge it.',
  facts: [
    {
      id: 'purge-protection-refuses-purge',
      claim: 'With purge protection a deleted key cannot be purged: 403, and it can still be recovered.',
      matters: 'asking for purge protection in every guarded vault',
      source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview#purge-protection',
      judge({ isProtected, said, afterwards }) {
        if (!isProtected) return notPlayed('this vault has no purge protection');
        if (said === undefined) return unclear('the key was not among the deleted keys in time');
        return verdict(
          said.status === 403 && afterwards.kind === 'ok',
          `${spellSaid(said)}; the guardian reads ${spellAnswer(afterwards)}`,
        );
      },
    },
    {
      id: 'purged-key-is-in-neither-list',
      claim: 'Without purge protection a deleted key is purged at once, and then it is in neither list.',
      matters: 'calling a key missing: a purge has no other sign in the vault',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/purge-deleted-key/purge-deleted-key',
      judge({ isProtected, said, gone }) {
        if (isProtected) return notPlayed('this vault has purge protection');
        if (said === undefined) return unclear('the key was not among the deleted keys in time');
        if (said.status === 403) return notPlayed(`the person may not purge: ${spellSaid(said)}`);
        return verdict(
          said.status === 204 && gone !== undefined,
          `${spellSaid(said)}; in neither list ${spellWait(gone, GONE_WITHIN_MS)}`,
        );
      },
    },
  ],
  async play(stage) {
    const { person, reads } = stage;
    const { key, recoveryLevel } = await makeVersion(stage, 'purge');
    contentOf('deleting a key', await person('DELETE', `/keys/${key}`), z.unknown());
    const deleted = await until(stage, DELETED_WITHIN_MS, async () =>
      (await reads.readDeleted(key)).kind === 'ok' ? (true as const) : undefined,
    );
    const said = deleted && (await person('DELETE', `/deletedkeys/${key}`));
    const gone =
      said?.status === 204
        ? await until(stage, GONE_WITHIN_MS, async () => {
            const [one, other] = [await reads.read(key), await reads.readDeleted(key)];
            return one.kind === 'missing' && other.kind === 'missing' ? (true as const) : undefined;
          })
        : undefined;
    if (gone !== undefined) stage.made.delete(key);
    const isProtected = !recoveryLevel.includes('Purgeable');
    return { isProtected, deleted, said, gone, afterwards: await reads.readDeleted(key) };
  },
});
