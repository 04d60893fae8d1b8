import { expect, it } from 'vitest';
import type { Interruption } from '../../local/host/instance.ts';
import { guarded, VAULT } from './guarded.ts';

const MINUTE_MS = 60_000;

const killed = (atStep: number) => ({ kind: 'killed', atStep }) as const;
const rows = [
  ['sentry', killed(3)],
  ['sweep', killed(1)],
  ['sweep', killed(10)],
  ['sweep', { kind: 'not-deleted' }],
  ['inspect', killed(1)],
  ['inspect', killed(20)],
  ['inspect', { kind: 'not-deleted' }],
  ['alert', killed(6)],
] as const satisfies readonly (readonly [string, Interruption])[];

const keyOfRow = (row: number): string => `disk-${row}`;
const { running, host, as, records, incidents } = guarded(
  rows.map((_, row) => keyOfRow(row)),
  { sweepSeconds: 60 },
);

it.each(rows.map((row, at) => [...row, keyOfRow(at)] as const))(
  'where %s is interrupted (%o), the key is usable again within three minutes, though no event tells of it',
  async (functionName, interruption, key) => {
    const before = host().interrupted.length;
    host().interrupt(functionName, interruption);
    await as('attacker').disable(VAULT, key);
    await host().advance(3 * MINUTE_MS, 5_000);
    expect(host().interrupted.slice(before)).toMatchObject([{ functionName, kind: interruption.kind }]);
    expect(running().azure.state(VAULT, key)).toMatchObject({ versions: [{ enabled: true }] });
  },
  60_000,
);

it('when all of the interrupted messages have come again, each key was restored once and everybody knows that it is over', async () => {
  await host().advance(20 * MINUTE_MS, 15_000);
  expect(host().interrupted).toHaveLength(rows.length);
  const writes = running().azure.log.filter(({ identity, changed }) => identity === 'keeper' && changed);
  expect(writes.map(({ key }) => key).toSorted()).toEqual(rows.map((_, row) => keyOfRow(row)));
  expect((await incidents(VAULT)).filter(({ state }) => state === 'open')).toEqual([]);
  // Reading checks the chain of the trail.
  const recorded = await records(VAULT);
  expect(
    new Set(recorded.flatMap(({ what, subject }) => (what === 'intent' && 'key' in subject ? [subject.key] : []))),
  ).toEqual(new Set(rows.map((_, row) => keyOfRow(row))));
}, 60_000);
