import * as z from 'zod';
import { type ListedVersion, sameOperations } from '../../../shared/domain/key.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import type { DeletedKey } from '../../../shared/domain/vault.ts';
import { RECOVERING_MS, SETTLING_MS } from '../../../shared/guard/keys/rules/key-missing.ts';
import { scene, unclear, type Verdict, verdict } from '../fact.ts';
import { contentOf, type Said, spellSaid } from '../person.ts';
import {
  type Arrived,
  attack,
  type Bundle,
  bundleIn,
  isDone,
  type MadeVersion,
  makeVersion,
  NEXT_SECOND_MS,
  readRaw,
  type Stage,
  spellAnswer,
  spellWait,
  undo,
  until,
  untilSaid,
  wrapped,
} from '../stage.ts';

/** What was observed while a key of two versions, the first of them disabled, was deleted and recovered. */
export interface Deleting {
  /** The guardian's recovery, sent as soon as the deletion was answered. */
  readonly early: Parameters<typeof spellAnswer>[0];
  readonly unwrapRefused: Waited;
  readonly unlisted: Arrived<true> | undefined;
  /** The key among the deleted keys, since it was deleted. */
  readonly shown: Arrived<DeletedKey> | undefined;
  readonly listed: Arrived<DeletedKey> | undefined;
  readonly createdAgain: Said;
  readonly recovery: Parameters<typeof spellAnswer>[0];
  /** That it is read, and that it is in the list of keys, since the recovery was answered. */
  readonly back: Arrived<true> | undefined;
  readonly listedAgain: Arrived<true> | undefined;
  readonly versions: Arrived<readonly ListedVersion[]> | undefined;
  /** The guardian's first update after the recovery. */
  readonly written: Parameters<typeof spellAnswer>[0];
  readonly before: readonly Bundle[];
  /** Those that can be read in full. */
  readonly after: readonly Bundle[];
  readonly policyBefore: Policy;
  readonly policyAfter: Said;
  readonly unwrapped: Waited;
}

type Waited = Arrived<Said> & { readonly isAsWanted: boolean };

const WITHIN_MS = MINUTE_MS;
/** How long a deletion is waited for: minutes are reported. @see https://github.com/hashicorp/terraform-provider-azurerm/issues/19749 */
const DELETED_WITHIN_MS = 10 * MINUTE_MS;

const policy = z.object({
  lifetimeActions: z.array(
    z.object({ trigger: z.record(z.string(), z.string().nullable()), action: z.object({ type: z.string() }) }),
  ),
  attributes: z.object({ expiryTime: z.string().nullish() }),
});
type Policy = z.infer<typeof policy>;
const POLICY = {
  lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'Rotate' } }],
  attributes: { expiryTime: 'P2Y' },
};

/**
 * The attributes of versions that recovery has to bring back, as names of those that differ: by the list of versions, and by
 * the full read of those that can be read, which a disabled one may not be.
 */
function differences({ before, after, versions }: Deleting): readonly string[] {
  return before.flatMap((was) => {
    const listed = versions?.value.find(({ version }) => version === was.version);
    const read = after.find(({ version }) => version === was.version);
    if (listed === undefined) return ['a version is missing'];
    const same = {
      enabled: listed.enabled === was.enabled,
      'not-before': seconds(listed.notBefore) === was.nbf,
      expiry: seconds(listed.expiresOn) === was.exp,
      created: seconds(listed.created) === was.created,
      operations: read === undefined || sameOperations(read.operations, was.operations),
      tags: read === undefined || JSON.stringify(read.tags) === JSON.stringify(was.tags),
    };
    return Object.entries(same).flatMap(([name, isSame]) => (isSame ? [] : [name]));
  });
}

const seconds = (date: Date | undefined): number | undefined =>
  date === undefined ? undefined : date.getTime() / SECOND_MS;

/** That it recovered, before a fact about the recovered key can be judged. */
const ifBack =
  (judge: (observed: Deleting) => Verdict) =>
  (observed: Deleting): Verdict =>
    observed.back === undefined ? unclear('the key did not come back') : judge(observed);

/** @see https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview */
const SOFT_DELETE = 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview';

export const deletion = scene<Deleting>({
  says: 'Delete a key of two versions, and have the guardian recover it.',
  facts: [
    {
      id: 'deleted-key-refuses-unwrap',
      claim: 'A deleted key refuses to unwrap within a minute.',
      matters: 'the urgency: disks fail by this refusal',
      source: SOFT_DELETE,
      judge: ({ unwrapRefused: { value, isAsWanted, afterMs } }) =>
        verdict(isAsWanted, `${spellSaid(value)} ${spellWait(isAsWanted ? { afterMs } : undefined, WITHIN_MS)}`),
    },
    {
      id: 'deleted-key-leaves-list',
      claim: 'A deleted key is gone from the list of keys within a minute.',
      matters: 'the sweep: it finds a deleted key by its absence',
      judge: ({ unlisted }) => verdict(unlisted !== undefined, spellWait(unlisted, WITHIN_MS)),
    },
    {
      id: 'recovery-while-deleting-conflicts',
      claim: 'A recovery that is sent while the deletion settles is a conflict, 409.',
      matters: 'trying again at once, instead of taking the key for lost',
      judge: ({ early }) =>
        early.kind === 'ok'
          ? unclear('the deletion had settled before the recovery was sent')
          : verdict(early.kind === 'conflict', spellAnswer(early)),
    },
    {
      id: 'deletion-settles',
      claim: `A deleted key is among the deleted keys within ${SETTLING_MS / MINUTE_MS} minute.`,
      matters: 'calling a key missing: until then it is in neither list, and nothing can recover it',
      source: SOFT_DELETE,
      judge: ({ shown, listed }) =>
        verdict(
          shown !== undefined && shown.afterMs <= SETTLING_MS && listed !== undefined,
          `read ${spellWait(shown, DELETED_WITHIN_MS)}, listed ${spellWait(listed, DELETED_WITHIN_MS)}`,
        ),
    },
    {
      id: 'deleted-name-is-taken',
      claim: 'The name of a deleted key is taken: making a key of that name is a conflict, 409.',
      matters: 'distinguishing a recovered key from another one that was made under its name',
      source: SOFT_DELETE,
      judge: ({ createdAgain }) => verdict(createdAgain.status === 409, spellSaid(createdAgain)),
    },
    {
      id: 'recovery-brings-key-back',
      claim: `The guardian’s recovery is accepted, and the key is read and listed again within ${RECOVERING_MS / MINUTE_MS} minutes.`,
      matters: 'undoing a deletion',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/recover-deleted-key/recover-deleted-key',
      judge: ({ recovery, back, listedAgain }) =>
        verdict(
          recovery.kind === 'ok' && back !== undefined && listedAgain !== undefined,
          `recover: ${spellAnswer(recovery)}; read ${spellWait(back, RECOVERING_MS)}, listed ${spellWait(listedAgain, RECOVERING_MS)}`,
        ),
    },
    {
      id: 'recovery-brings-versions-back',
      claim: 'Every version comes back with its id, enabled state, dates, operations and tags.',
      matters: 'undoing a deletion: nothing else has to be restored',
      judge: ifBack((observed) => {
        const different = [...new Set(differences(observed))];
        const count = observed.before.length;
        return verdict(
          different.length === 0,
          different.length === 0 ? `${count} versions, as before` : `of ${count} versions: ${different.join(', ')}`,
        );
      }),
    },
    {
      id: 'recovery-leaves-updated',
      claim: 'Deletion and recovery leave the `updated` of every version as it was.',
      matters: 'distinguishing what somebody changed from what the recovery brought back',
      judge: ifBack(({ before, versions }) => {
        const moved = before.filter(
          (was) => seconds(versions?.value.find(({ version }) => version === was.version)?.updated) !== was.updated,
        );
        return verdict(moved.length === 0, `moved for ${moved.length} of ${before.length} versions`);
      }),
    },
    {
      id: 'recovered-key-takes-writes',
      claim: 'A recovered key whose versions are listed takes the guardian’s update at once.',
      matters: 'restoring versions after a recovery; a conflict is tried again',
      judge: ifBack(({ written, versions }) =>
        verdict(
          written.kind === 'ok',
          `versions listed ${spellWait(versions, WITHIN_MS)}; update: ${spellAnswer(written)}`,
        ),
      ),
    },
    {
      id: 'recovered-key-unwraps',
      claim: 'A recovered key unwraps within a minute what it had wrapped before.',
      matters: 'undoing a deletion: disks work again by this',
      judge: ifBack(({ unwrapped: { value, isAsWanted, afterMs } }) =>
        verdict(isAsWanted, `${spellSaid(value)} ${spellWait(isAsWanted ? { afterMs } : undefined, WITHIN_MS)}`),
      ),
    },
    {
      id: 'rotation-policy-survives',
      claim: 'The rotation policy of a key survives its deletion and recovery.',
      matters: 'undoing a deletion: the guardian does not restore rotation policies',
      judge: ifBack(({ policyBefore, policyAfter }) => {
        const after = policy.safeParse(policyAfter.json).data;
        const isSame = JSON.stringify(after) === JSON.stringify(policyBefore);
        return verdict(isSame, `${spellSaid(policyAfter)}; ${isSame ? 'as before' : 'another policy'}`);
      }),
    },
  ],
  async play(stage) {
    const { vault, reads, person } = stage;
    const first = await makeVersion(stage, 'deletion', { tags: { made: 'first' } });
    const { key } = first;
    await stage.pause(NEXT_SECOND_MS);
    const year = Math.floor(stage.now().getTime() / SECOND_MS) + 31_536_000;
    const second = await makeVersion(stage, 'deletion', { attributes: { exp: year }, tags: { made: 'second' } });
    const disabled = bundleIn(
      'disabling the first version',
      await attack(stage, first, { attributes: { enabled: false } }),
    );
    const policyPath = `/keys/${key}/rotationpolicy`;
    contentOf('setting a rotation policy', await person('PUT', policyPath, POLICY), policy);
    const policyBefore = contentOf('reading a rotation policy', await person('GET', policyPath), policy);
    const unwrap = await wrapped(stage, second);
    const before = [disabled, second];
    await stage.pause(NEXT_SECOND_MS);

    let deleted = await deleteKey(stage, key);
    const early = await recover(stage, key, deleted);
    if (early.kind === 'ok') {
      await until(stage, RECOVERING_MS, () => isRead(stage, key));
      deleted = await deleteKey(stage, key);
    }
    // At the same time, so that none of these waits counts in another.
    const [unwrapRefused, unlisted, shown, listed] = await Promise.all([
      untilSaid(stage, WITHIN_MS, unwrap, ({ status }) => status === 403 || status === 404),
      until(stage, WITHIN_MS, async () => ((await isListed(stage, key)) ? undefined : true)),
      until(stage, DELETED_WITHIN_MS, async () => {
        const answer = await reads.readDeleted(key);
        return answer.kind === 'ok' ? answer.value : undefined;
      }),
      until(stage, DELETED_WITHIN_MS, async () => {
        const answer = await reads.listDeletedKeys();
        return answer.kind === 'ok' ? answer.value.find((one) => one.key === key) : undefined;
      }),
    ]);
    const createdAgain = await person('POST', `/keys/${key}/create`, { kty: 'RSA' });

    const recovery = await recover(stage, key, deleted);
    const recoveredMs = stage.now().getTime();
    const back = await until(stage, RECOVERING_MS, () => isRead(stage, key));
    const versions = await until(stage, WITHIN_MS, async () => {
      const answer = await reads.listVersions(key);
      return answer.kind === 'ok' && answer.value.length >= before.length ? answer.value : undefined;
    });
    const written = await undo(stage, {
      ...{ kind: 'restore-version', vault, key, version: first.version },
      change: { enabled: true },
    });
    const relisted = await until(stage, WITHIN_MS, async () => ((await isListed(stage, key)) ? true : undefined));
    const listedAgain = relisted && { ...relisted, afterMs: stage.now().getTime() - recoveredMs };
    const unwrapped = await untilSaid(stage, WITHIN_MS, unwrap, isDone);
    const after = await readable(stage, [first, second]);
    const policyAfter = await person('GET', policyPath);
    return {
      ...{ early, unwrapRefused, unlisted, shown, listed, createdAgain, recovery, back, listedAgain, versions },
      ...{ written, before, after, policyBefore, policyAfter, unwrapped },
    };
  },
});

async function readable(stage: Stage, made: readonly MadeVersion[]): Promise<readonly Bundle[]> {
  const all: Bundle[] = [];
  for (const one of made) {
    const said = await readRaw(stage, one);
    if (isDone(said)) all.push(bundleIn('reading a version', said));
  }
  return all;
}

const deletedBundle = z.object({ deletedDate: z.number() });

/** Deletes a key, and gives the time of its deletion by the vault's clock. */
async function deleteKey({ person }: Stage, key: string): Promise<Date> {
  const { deletedDate } = contentOf('deleting a key', await person('DELETE', `/keys/${key}`), deletedBundle);
  return new Date(deletedDate * SECOND_MS);
}

const recover = (stage: Stage, key: string, deletedOn: Date) =>
  undo(stage, { kind: 'recover-key', vault: stage.vault, key, deletedOn });

async function isRead({ reads }: Stage, key: string): Promise<true | undefined> {
  const { kind } = await reads.read(key);
  return kind === 'ok' || kind === 'undetailed' ? true : undefined;
}

/** Whether a key is in the list of keys. A list that is refused shows nothing either way, and counts as unchanged. */
async function isListed({ reads }: Stage, key: string): Promise<boolean> {
  const answer = await reads.listKeys();
  return answer.kind === 'ok' && answer.value.keys.some((one) => one.key === key);
}
