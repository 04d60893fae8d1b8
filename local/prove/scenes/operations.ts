import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { scene, verdict } from '../fact.ts';
import { type Said, spellSaid } from '../person.ts';
import {
  type Arrived,
  attack,
  type Bundle,
  bundleIn,
  DISK_OPERATIONS,
  isDone,
  isForbidden,
  makeVersion,
  NEXT_SECOND_MS,
  spellAnswer,
  spellWait,
  undo,
  untilSaid,
  wrap,
  wrapped,
} from '../stage.ts';

/** What was observed while a version lost `wrapKey` and `unwrapKey` and got them back. */
export interface Stripping {
  readonly made: Bundle;
  readonly stripped: Bundle;
  readonly unwrapRefused: Arrived<Said> & { readonly isAsWanted: boolean };
  readonly wrapRefused: Said;
  readonly undone: Parameters<typeof spellAnswer>[0];
  readonly unwrapped: Arrived<Said> & { readonly isAsWanted: boolean };
}

const WITHIN_MS = MINUTE_MS;

export const operations = scene<Stripping>({
  says: 'Remove wrapKey and unwrapKey from a version, and have the guardian restore them.',
  facts: [
    {
      id: 'removed-operations-refuse',
      claim: 'A version without wrapKey and unwrapKey refuses both with 403 within a minute.',
      matters: 'the urgency: disks fail by this refusal',
      source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#key-operations',
      judge: ({ unwrapRefused, wrapRefused }) =>
        verdict(
          unwrapRefused.isAsWanted && isForbidden(wrapRefused),
          `unwrap: ${spellSaid(unwrapRefused.value)} ${spellWait(unwrapRefused.isAsWanted ? unwrapRefused : undefined, WITHIN_MS)}; wrap: ${spellSaid(wrapRefused)}`,
        ),
    },
    {
      id: 'operations-move-updated',
      claim: 'An update of the operations alone moves `updated`.',
      matters: 'finding removed operations within a minute; without that the hourly full read finds them',
      judge: ({ made, stripped }) =>
        verdict(
          stripped.updated > made.updated,
          stripped.updated === made.updated ? '`updated` stayed' : `moved by ${stripped.updated - made.updated} s`,
        ),
    },
    {
      id: 'operations-restored',
      claim: 'The guardian’s update restores the operations, and within a minute the version unwraps again.',
      matters: 'undoing the removal of operations',
      judge: ({ undone, unwrapped }) =>
        verdict(
          undone.kind === 'ok' && unwrapped.isAsWanted,
          `update: ${spellAnswer(undone)}; unwrap: ${spellSaid(unwrapped.value)} ${spellWait(unwrapped.isAsWanted ? unwrapped : undefined, WITHIN_MS)}`,
        ),
    },
  ],
  async play(stage) {
    const made = await makeVersion(stage, 'operations');
    const unwrap = await wrapped(stage, made);
    await stage.pause(NEXT_SECOND_MS);
    const stripped = bundleIn('removing operations', await attack(stage, made, { key_ops: ['verify'] }));
    const unwrapRefused = await untilSaid(stage, WITHIN_MS, unwrap, isForbidden);
    const wrapRefused = await wrap(stage, made);
    const { vault } = stage;
    const { key, version } = made;
    const change = { operations: [...DISK_OPERATIONS] };
    const undone = await undo(stage, { kind: 'restore-version', vault, key, version, change });
    const unwrapped = await untilSaid(stage, WITHIN_MS, unwrap, isDone);
    return { made, stripped, unwrapRefused, wrapRefused, undone, unwrapped };
  },
});
