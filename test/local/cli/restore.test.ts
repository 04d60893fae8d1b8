import { expect, it } from 'vitest';
import type { Context } from '../../../local/cli/context.ts';
import { restore } from '../../../local/cli/restore.ts';

const wanted = { vault: 'contoso-dev', key: 'dev-web', version: undefined, dryRun: false, alsoApproved: false };

/** A guardian that answers each request so, the last ones alike. Notes what is written to which vault. */
function answering(...answers: readonly object[]) {
  const rest = [...answers];
  const written: string[] = [];
  const unused = () => Promise.reject(new Error('not asked here'));
  const context: Context = {
    api: { get: unused, post: async (_path, _given, schema) => schema.parse(rest.length > 1 ? rest.shift() : rest[0]) },
    writes: (vault) => {
      written.push(vault);
      return { update: unused, recover: unused, rotate: unused, setRotationPolicy: unused };
    },
    local: false,
    identities: new Map(),
    commandLine: (...words) => words.join(' '),
    runnable: (command) => command,
  };
  return { context, written };
}

it.each([
  ['another key than the person named', { vault: 'contoso-dev', key: 'dev-app' }],
  ['another vault than the person named', { vault: 'contoso-disks', key: 'dev-web' }],
  [
    'a disk encryption set',
    { kind: 'update-set', vault: 'contoso-dev', key: 'dev-web', set: '/subscriptions/s/des', from: 'v0' },
  ],
])('writes nothing where the guardian answers a write to %s', async (_, other) => {
  const action = { kind: 'restore-version', ...other, version: 'v1', change: { enabled: true } };
  const own = { kind: 'recover-key', vault: 'contoso-dev', key: 'dev-web', deletedOn: '2026-03-01T12:00:00Z' };
  const intents = [
    { id: 'i1', action: own },
    { id: 'i2', action },
  ];
  const { context, written } = answering({ kind: 'planned', id: 'c', intents, takenBack: [], allowed: [] });
  await expect(restore(wanted, context)).rejects.toThrow('which nobody asked for: nothing was written.');
  expect(written).toEqual([]);
});

it('says what was done before the guardian had the key again for too long', async () => {
  const action = { kind: 'recover-key', vault: 'contoso-dev', key: 'dev-web', deletedOn: '2026-03-01T12:00:00Z' };
  const begun = { kind: 'ended', ended: [{ action, outcome: 'begun' }], left: [], isComing: true };
  const { context } = answering({ ...begun, takenBack: ['deletion'], allowed: [] }, { kind: 'busy' });
  await expect(restore(wanted, context, 450)).rejects.toThrow(
    /^take back the approved deletion.*\nrecover contoso-dev\/dev-web: begun\nThe guardian is still at work/,
  );
});

it('fails where more is to be restored when its time is over', async () => {
  const action = { kind: 'restore-version', vault: 'contoso-dev', key: 'dev-web', version: 'v1', change: {} };
  const ended = { kind: 'ended', ended: [{ action, outcome: 'done' }], left: [], isComing: true };
  const { context } = answering({ ...ended, takenBack: [], allowed: [] });
  await expect(restore(wanted, context, 0)).rejects.toThrow(
    /: done\ncontoso-dev\/dev-web is not as it was approved yet: run this command again in a minute\.$/,
  );
});
