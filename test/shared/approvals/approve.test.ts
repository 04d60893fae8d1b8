import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { askApproval, grantApproval, type Request, withdrawApproval } from '../../../shared/approvals/approve.ts';
import type { Approval } from '../../../shared/domain/approval.ts';
import { later } from '../../../shared/domain/time.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import type { SignedRows } from '../../../shared/register/signed-rows.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';
import { overtaken, said } from './overtaken.ts';

const VAULT = 'prod-disks';
const [ASKER, GRANTER] = [{ oid: 'asker' }, { oid: 'granter' }];

beforeEach(() => stopAt());
afterEach(resetClock);

const guardian = () => createWorld({ vaults: [{ name: VAULT }], policy: { vaults: [{ name: VAULT }] } });
const asked = async ({ ports }: World, more: Partial<Request> = {}): Promise<Approval> =>
  askApproval(
    {
      vault: VAULT,
      key: 'disk-a',
      version: '*',
      acts: ['disable'],
      by: 'anyone',
      from: new Date(),
      until: later(new Date(), 3_600_000),
      why: 'it is retired',
      ...more,
    },
    ASKER,
    ports,
  );

describe('an approval', () => {
  test('is asked by one, granted by another and withdrawn by any: each is recorded before it counts', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    expect(await grantApproval(VAULT, id, GRANTER, world.ports)).toMatchObject({ id, granted: { by: GRANTER } });
    expect(await withdrawApproval(VAULT, id, ASKER, world.ports)).toMatchObject({ id, withdrawn: { by: ASKER } });
    expect((await world.ports.tables.approvals.get(VAULT, id))?.value).toMatchObject({
      asked: { by: ASKER },
      granted: { by: GRANTER },
      withdrawn: { by: ASKER },
    });
    expect(await said(world, 'approval')).toEqual([
      ['asker', 'asked'],
      ['granter', 'granted'],
      ['asker', 'withdrawn'],
    ]);
  });

  test.each([
    ['of a key is recorded with the key', 'disk-a', { kind: 'key', vault: VAULT, key: 'disk-a' }],
    ['of a whole vault is recorded with the vault', '*', { kind: 'vault', vault: VAULT }],
  ])('%s', async (_, key, subject) => {
    const world = await guardian();
    await asked(world, { key });
    const [record] = (await world.trail()).filter(({ what }) => what === 'approval');
    expect(record?.subject).toEqual(subject);
  });

  test.each([
    ['the same moment', 0],
    ['a moment before', -1],
  ])('is not asked for where its window ends %s', async (_, ms) => {
    const world = await guardian();
    await expect(asked(world, { until: later(new Date(), ms) })).rejects.toThrow(
      'The approval ends before it begins: give a later end.',
    );
    expect(await said(world, 'approval')).toEqual([]);
  });

  test('is not granted by who asked, nor once it was withdrawn', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    await expect(grantApproval(VAULT, id, ASKER, world.ports)).rejects.toThrow(NotAllowed);
    await withdrawApproval(VAULT, id, ASKER, world.ports);
    await expect(grantApproval(VAULT, id, GRANTER, world.ports)).rejects.toThrow(`Approval ${id} was withdrawn.`);
    expect(await said(world, 'approval')).toEqual([
      ['asker', 'asked'],
      ['asker', 'withdrawn'],
    ]);
  });

  test('is granted once: a second granter is told who did, and withdrawn a second time is as the first', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    await grantApproval(VAULT, id, GRANTER, world.ports);
    for (const again of [GRANTER, { oid: 'another' }])
      await expect(grantApproval(VAULT, id, again, world.ports)).rejects.toThrow(
        new NotAllowed(`Approval ${id} was granted already, by ${GRANTER.oid}.`),
      );
    const withdrawn = await withdrawApproval(VAULT, id, GRANTER, world.ports);
    expect(await withdrawApproval(VAULT, id, ASKER, world.ports)).toEqual(withdrawn);
    expect(await said(world, 'approval')).toHaveLength(3);
  });

  test.each(['of-nothing', 'not an id', '../keys'])('that there is not is not granted: %s', async (id) => {
    const world = await guardian();
    await expect(grantApproval(VAULT, id, GRANTER, world.ports)).rejects.toThrow(
      `There is no approval ${id} in ${VAULT}.`,
    );
  });
});

describe('what people say of an approval at once', () => {
  test('counts for who was faster; of the other the trail says that it had no effect', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    const ports = overtaken(world, 'approvals', () => grantApproval(VAULT, id, GRANTER, world.ports));
    await expect(withdrawApproval(VAULT, id, ASKER, ports)).rejects.toThrow(NotAllowed);
    const row = await world.ports.tables.approvals.get(VAULT, id);
    expect(row?.value).toMatchObject({ granted: { by: GRANTER } });
    expect(row?.value).not.toHaveProperty('withdrawn');
    expect(await said(world, 'approval')).toEqual([
      ['asker', 'asked'],
      ['asker', 'withdrawn'],
      ['granter', 'granted'],
      ['asker', 'without-effect', 'withdrawn'],
    ]);
    await withdrawApproval(VAULT, id, ASKER, ports);
    expect((await said(world, 'approval')).at(-1)).toEqual(['asker', 'withdrawn']);
  });

  test('is no grant where somebody withdrew it meanwhile', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    const ports = overtaken(world, 'approvals', () => withdrawApproval(VAULT, id, ASKER, world.ports));
    await expect(grantApproval(VAULT, id, GRANTER, ports)).rejects.toThrow(
      'Somebody else has just changed the approval',
    );
    const row = await world.ports.tables.approvals.get(VAULT, id);
    expect(row?.value).toMatchObject({ withdrawn: { by: ASKER } });
    expect(row?.value).not.toHaveProperty('granted');
    expect(await said(world, 'approval')).toEqual([
      ['asker', 'asked'],
      ['granter', 'granted'],
      ['asker', 'withdrawn'],
      ['granter', 'without-effect', 'granted'],
    ]);
  });

  test('counts where it took hold and only the answer of the storage was lost', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    const { approvals } = world.ports.tables;
    const lossy: SignedRows<Approval> = {
      ...approvals,
      async replace(read, value) {
        await approvals.replace(read, value);
        return undefined;
      },
    };
    const granted = await grantApproval(VAULT, id, GRANTER, {
      ...world.ports,
      tables: { ...world.ports.tables, approvals: lossy },
    });
    expect(granted).toMatchObject({ id, granted: { by: GRANTER } });
    expect(await said(world, 'approval')).toEqual([
      ['asker', 'asked'],
      ['granter', 'granted'],
    ]);
  });
});
