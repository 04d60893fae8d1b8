import * as z from 'zod';
import { MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import type { ListedKey } from '../../../shared/domain/vault.ts';
import { scene, unclear, verdict } from '../fact.ts';
import { contentOf, type Said, spellSaid } from '../person.ts';
import {
  type Arrived,
  attack,
  type Bundle,
  bundleIn,
  isDone,
  isForbidden,
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

/** What was observed while a version was disabled and enabled again. Waits are undefined where they ended in vain. */
export interface Disabling {
  readonly listed: Arrived<ListedKey> | undefined;
  /** The members of its item in the list of keys. */
  readonly members: readonly string[];
  readonly made: Bundle;
  readonly disabled: Bundle;
  /** Header `date` of the answer that disabled it. */
  readonly answeredAt: Date | undefined;
  readonly refused: Arrived<Said> & { readonly isAsWanted: boolean };
  readonly listedDisabled: Arrived<ListedKey> | undefined;
  readonly read: Said;
  readonly guardianReads: Parameters<typeof spellAnswer>[0];
  readonly undone: Parameters<typeof spellAnswer>[0];
  readonly unwrapped: Arrived<Said> & { readonly isAsWanted: boolean };
  readonly enabled: Bundle;
  readonly unchanged: Bundle;
  readonly olderApi: { readonly said: Said; readonly listed: Arrived<ListedKey> | undefined };
}

const WITHIN_MS = MINUTE_MS;
/** An api-version of 2019, still in use. */
const OLDER_API_VERSION = '7.0';
const DATES_APART_SECONDS = 1;

const page = z.object({ value: z.array(z.looseObject({ kid: z.string() })), nextLink: z.string().nullish() });

/** The members of a key's item in the list of keys, its attributes' among them. */
async function membersOf(stage: Stage, key: string): Promise<readonly string[]> {
  let link: string | undefined = '/keys';
  while (link !== undefined) {
    const { value, nextLink }: z.infer<typeof page> = contentOf('listing keys', await stage.person('GET', link), page);
    const item = value.find(({ kid }) => new URL(kid).pathname.split('/')[2] === key);
    if (item !== undefined) return Object.keys(item);
    link = nextLink ?? undefined;
  }
  return [];
}

/** The key in the guardian's own list of keys, where it is there and as wanted. */
async function listedWhere(
  { reads }: Stage,
  key: string,
  isWanted: (item: ListedKey) => boolean,
): Promise<ListedKey | undefined> {
  const answer = await reads.listKeys();
  return answer.kind === 'ok' ? answer.value.keys.find((item) => item.key === key && isWanted(item)) : undefined;
}

const movement = (from: Bundle, to: Bundle): string =>
  to.updated === from.updated ? '`updated` stayed' : `\`updated\` moved by ${to.updated - from.updated} s`;

export const disable = scene<Disabling>({
  says: 'Make a key, disable its version, and have the guardian enable it again.',
  facts: [
    {
      id: 'new-key-listed',
      claim: 'A new key is in the list of keys within a minute.',
      matters: 'the sweep: it finds new keys in that list',
      judge: ({ listed }) => verdict(listed !== undefined, spellWait(listed, WITHIN_MS)),
    },
    {
      id: 'lists-without-operations',
      claim: 'An item in the list of keys names neither operations nor key material.',
      matters: 'reading every version in full once an hour: a sweep cannot see operations',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/get-keys/get-keys',
      judge: ({ members }) =>
        members.length === 0
          ? unclear('the key was not in the list')
          : verdict(!members.some((name) => /key_ops|^key$|^n$/.test(name)), `members: ${members.join(', ')}`),
    },
    {
      id: 'disabled-version-refuses-unwrap',
      claim: 'A disabled version refuses to unwrap with 403 within a minute.',
      matters: 'the urgency: disks fail by this refusal',
      source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#key-attributes',
      judge: ({ refused }) =>
        verdict(
          refused.isAsWanted,
          `${spellSaid(refused.value)} ${spellWait(refused.isAsWanted ? refused : undefined, WITHIN_MS)}`,
        ),
    },
    {
      id: 'disabled-version-listed',
      claim: 'The list of keys shows within a minute that the current version is disabled.',
      matters: 'the sweep: it finds a disabled version in that list',
      judge: ({ listedDisabled }) => verdict(listedDisabled !== undefined, spellWait(listedDisabled, WITHIN_MS)),
    },
    {
      id: 'disabled-version-readable',
      claim: 'A disabled version is read with 200, with its attributes and operations.',
      matters:
        'knowing its operations while it is disabled; without that the guardian knows its item in the list alone',
      judge: ({ read, guardianReads }) =>
        verdict(
          read.status === 200 && guardianReads.kind === 'ok',
          `${spellSaid(read)}; the guardian reads ${spellAnswer(guardianReads)}`,
        ),
    },
    {
      id: 'disabling-moves-updated',
      claim: 'Disabling a version moves its `updated`.',
      matters: 'the sweep: it compares `updated` as well',
      judge: ({ made, disabled }) => verdict(disabled.updated > made.updated, movement(made, disabled)),
    },
    {
      id: 'updated-near-answer',
      claim: 'The `updated` of a change is at most a second from the time of the answer.',
      matters: 'saying when somebody changed a key',
      judge({ disabled, answeredAt }) {
        if (answeredAt === undefined) return unclear('the answer had no date');
        const seconds = disabled.updated - answeredAt.getTime() / SECOND_MS;
        return verdict(Math.abs(seconds) <= DATES_APART_SECONDS, `${seconds} s from the date of the answer`);
      },
    },
    {
      id: 'enabling-undoes-disabling',
      claim: 'The guardian’s update enables the version, and within a minute it unwraps again.',
      matters: 'undoing a disablement',
      judge: ({ undone, unwrapped }) =>
        verdict(
          undone.kind === 'ok' && unwrapped.isAsWanted,
          `update: ${spellAnswer(undone)}; unwrap: ${spellSaid(unwrapped.value)} ${spellWait(unwrapped.isAsWanted ? unwrapped : undefined, WITHIN_MS)}`,
        ),
    },
    {
      id: 'update-leaves-the-rest',
      claim: 'An update of `enabled` alone leaves dates, operations and tags as they are.',
      matters: 'every undo: it writes only the attributes that differ',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/update-key/update-key',
      judge({ made, enabled }) {
        const changed = (['nbf', 'exp', 'operations', 'tags'] as const).filter(
          (name) => JSON.stringify(made[name]) !== JSON.stringify(enabled[name]),
        );
        return verdict(changed.length === 0, changed.length === 0 ? 'all as before' : `changed: ${changed.join(', ')}`);
      },
    },
    {
      id: 'unchanged-update-leaves-updated',
      claim: 'An update that changes nothing leaves `updated` as it is.',
      matters: 'distinguishing a change that somebody made from none',
      judge: ({ enabled, unchanged }) => verdict(unchanged.updated === enabled.updated, movement(enabled, unchanged)),
    },
    {
      id: 'older-api-version-writes',
      claim: `An update with the api-version ${OLDER_API_VERSION} disables a version as well.`,
      matters: 'what an attacker can do: the guardian finds states and not requests',
      judge: ({ olderApi: { said, listed } }) =>
        verdict(
          isDone(said) && listed !== undefined,
          `${spellSaid(said)}; listed as disabled ${spellWait(listed, WITHIN_MS)}`,
        ),
    },
  ],
  async play(stage) {
    const year = Math.floor(stage.now().getTime() / SECOND_MS) + 31_536_000;
    const made = await makeVersion(stage, 'disable', { attributes: { exp: year }, tags: { made: 'to be disabled' } });
    const listed = await until(stage, WITHIN_MS, () => listedWhere(stage, made.key, () => true));
    const members = await membersOf(stage, made.key);
    const unwrap = await wrapped(stage, made);
    const read = async (what: string): Promise<Bundle> => bundleIn(what, await readRaw(stage, made));
    const change = { attributes: { enabled: false } };
    const isListedDisabled = () => listedWhere(stage, made.key, ({ enabled }) => !enabled);

    await stage.pause(NEXT_SECOND_MS);
    const said = await attack(stage, made, change);
    const disabled = bundleIn('disabling', said);
    const date = said.header('date');
    const refused = await untilSaid(stage, WITHIN_MS, unwrap, isForbidden);
    const listedDisabled = await until(stage, WITHIN_MS, isListedDisabled);
    const readDisabled = await readRaw(stage, made);
    const guardianReads = await stage.reads.read(made.key, made.version);

    const { vault } = stage;
    const { key, version } = made;
    const enable = { kind: 'restore-version', vault, key, version, change: { enabled: true } } as const;
    const undone = await undo(stage, enable);
    const unwrapped = await untilSaid(stage, WITHIN_MS, unwrap, isDone);
    const enabled = await read('reading an enabled version');
    await stage.pause(NEXT_SECOND_MS);
    const unchanged = bundleIn(
      'an update without a change',
      await attack(stage, made, { attributes: { enabled: true } }),
    );
    const olderApi = {
      said: await stage.person('PATCH', `/keys/${key}/${version}`, change, { apiVersion: OLDER_API_VERSION }),
      listed: await until(stage, WITHIN_MS, isListedDisabled),
    };
    return {
      ...{ listed, members, made, disabled, refused, listedDisabled, read: readDisabled, guardianReads, undone },
      ...{ unwrapped, enabled, unchanged, olderApi },
      answeredAt: date === undefined ? undefined : new Date(date),
    };
  },
});
