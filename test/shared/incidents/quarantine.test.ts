import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { closeIncident } from '../../../shared/approvals/close.ts';
import { setAsideWhole } from '../../../shared/incidents/quarantine.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';

const OWNER = { oid: '00000000-0000-4000-8000-00000000000a', name: 'owner@example.com' };
const VAULT = 'prod-disks';
const guardian = () =>
  createWorld({ vaults: [{ name: VAULT, keys: [{ name: 'disk-a' }] }], policy: { vaults: [{ name: VAULT }] } });

beforeEach(() => stopAt());
afterEach(resetClock);

describe('what is set aside', () => {
  test('is told once an hour and source, of the first', async () => {
    const world = await guardian();
    for (const content of ['one', 'two']) await setAsideWhole({ content, because: content }, 'audit-log', world.ports);
    await setAsideWhole({ content: 'one', because: 'one' }, 'key-vault-event', world.ports);
    const told = (await world.incidents('-')).map(({ summary }) => summary).toSorted();
    expect(told).toEqual([
      expect.stringMatching(/audit-log.*: one\./),
      expect.stringMatching(/key-vault-event.*: one\./),
    ]);
    expect((await world.trail()).filter(({ what }) => what === 'set-aside')).toHaveLength(3);
  });

  test('is told again within the hour where a person has closed what was told', async () => {
    const world = await guardian();
    await setAsideWhole({ content: 'one', because: 'the first reason' }, 'audit-log', world.ports);
    const [open] = await world.incidents('-');
    await closeIncident(open?.id ?? '', 'seen', OWNER, world.ports);
    await setAsideWhole({ content: 'two', because: 'the second reason' }, 'audit-log', world.ports);
    const [again] = await world.incidents('-');
    expect(again).toMatchObject({ id: open?.id, state: 'open', summary: expect.stringContaining('the second reason') });
    expect(again?.toldRevision).toBe(again?.revision);
  });

  test('has a reason in the trail no longer than a page', async () => {
    const world = await guardian();
    await setAsideWhole({ content: 'one', because: 'x'.repeat(1_000_000) }, 'audit-log', world.ports);
    const kept = (await world.trail()).find(({ what }) => what === 'set-aside');
    expect(String(kept?.detail.because)).toHaveLength(2_002);
  });
});
