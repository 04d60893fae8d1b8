import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { acceptBaseline } from '../../../shared/approvals/accept-baseline.ts';
import { ensureBaseline } from '../../../shared/approvals/ensure-baseline.ts';
import { settleHold } from '../../../shared/approvals/hold.ts';
import { proposeBaseline } from '../../../shared/approvals/propose-baseline.ts';
import type { Hold } from '../../../shared/domain/hold.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import type { VaultReads } from '../../../shared/domain/vault.ts';
import { inspect } from '../../../shared/guard/inspect.ts';
import type { Ports } from '../../../shared/ports.ts';
import { writeBaseline } from '../../../shared/register/vaults.ts';
import { sweep } from '../../../shared/senses/sweep/sweep.ts';
import { stopAt } from '../../simulation/clock.ts';
import { versionsOf } from '../../simulation/shown.ts';
import { createWorld, nextSweep, type World, type WorldOptions } from '../../simulation/world.ts';

/** What somebody tries who may do anything to the keys of a vault, and knows how the guardian works. */

const VAULT = 'prod-disks';
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };
const MANY = Array.from({ length: 25 }, (_, nth) => `disk-${nth}`);

/** A world of keys of one version, the baseline accepted, one sweep over and all readings settled. */
async function guarded(
  names: readonly string[] = ['disk-a', 'disk-b'],
  more: Partial<WorldOptions> = {},
): Promise<World> {
  const keys = names.map((name) => ({
    name,
    versions: [{ created: 1_900_000_000, keyOps: ['wrapKey', 'unwrapKey'] as const }],
  }));
  const world = await createWorld({ vaults: [{ name: VAULT, keys }], policy, ...more });
  await world.sentry();
  await world.pass(61);
  return world;
}

const shown = (world: World, key = 'disk-a') => {
  const state = world.azure.state(VAULT, key);
  return state.kind === 'present' ? state.versions[0] : undefined;
};
const isUsable = (world: World, key = 'disk-a'): boolean => {
  const version = shown(world, key);
  if (version === undefined) return false;
  const { enabled, keyOps, exp = Number.POSITIVE_INFINITY } = version;
  return enabled && keyOps.includes('unwrapKey') && exp * 1000 > Date.now();
};
const kindsOf = async (world: World, key?: string): Promise<readonly string[]> =>
  (await world.incidents(VAULT, key)).map(({ kind }) => kind);
const approvedOf = async (world: World, version: string) =>
  (await world.ports.tables.keys.get(VAULT, 'disk-a'))?.value.approved.versions[version]?.attributes;
const inspection = (key: string) => ({ subject: keyOf({ vault: VAULT, key }), hints: [], attempt: 0 });
const removeKeyRows = async ({ ports: { tables } }: World): Promise<void> => {
  for (const stored of (await tables.keys.list(VAULT)).stored) await tables.keys.remove(stored);
};

/** The ports of a world with some reads of its vaults replaced. */
const reading = (ports: Ports, change: (reads: VaultReads) => Partial<VaultReads>): Ports =>
  Object.create(ports, {
    reads: { value: (vault: string) => ({ ...ports.reads(vault), ...change(ports.reads(vault)) }) },
  });
const sweepNow = async (world: World, ports: Ports): Promise<void> => sweep(await nextSweep(world, VAULT), ports);
const toWholeSecond = () => turnClock(1000 - (Date.now() % 1000));

beforeEach(() => stopAt());
afterEach(resetClock);

describe('a date of 1970', () => {
  test.each(['expire', 'notBefore'] as const)('on one key (%s) costs the sight of no other', async (act) => {
    const world = await guarded();
    await world.as('attacker')[act](VAULT, 'disk-a', new Date(0));
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.pass(120);
    expect(world.failures).toEqual([]);
    expect([isUsable(world, 'disk-a'), isUsable(world, 'disk-b')]).toEqual([true, true]);
  });
});

describe('a flapping key', () => {
  /** Seconds out of 1,800 in which the key is usable, when it is attacked again each time it has been `on` for 55 s. */
  async function secondsUsable(world: World, isOn: () => boolean, again: () => Promise<void>): Promise<number> {
    let usable = 0;
    let onFor = 0;
    for (let second = 0; second < 1800; second += 1) {
      await world.pass(1);
      if (isUsable(world)) usable += 1;
      onFor = isOn() ? onFor + 1 : 0;
      if (onFor === 55) await again();
    }
    return usable;
  }
  async function flapping(world: World): Promise<void> {
    for (let time = 0; time < 2; time += 1) {
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.wake(VAULT, 'disk-a');
      await world.pass(5);
    }
  }

  test('that is disabled once, and then deleted once a minute, is usable most of the time', async () => {
    const world = await guarded(['disk-a']);
    const attacker = world.as('attacker');
    await flapping(world);
    await attacker.disable(VAULT, 'disk-a');
    await attacker.delete(VAULT, 'disk-a');
    const isBack = () => world.azure.state(VAULT, 'disk-a').kind === 'present';
    expect(await secondsUsable(world, isBack, () => attacker.delete(VAULT, 'disk-a'))).toBeGreaterThan(1_550);
  });

  test('that is stripped once, and then disabled once a minute, is usable most of the time', async () => {
    const world = await guarded(['disk-a'], { behaviours: { disabledKeyRead: 403 } });
    const attacker = world.as('attacker');
    await flapping(world);
    await attacker.operations(VAULT, 'disk-a', ['sign']);
    await attacker.disable(VAULT, 'disk-a');
    const isOn = () => shown(world)?.enabled === true;
    expect(await secondsUsable(world, isOn, () => attacker.disable(VAULT, 'disk-a'))).toBeGreaterThan(1_550);
  });
});

describe('a flood of sixty harmless changes in the same batch of audit records', () => {
  test('hides no import: its version is not approved', async () => {
    const world = await guarded(['disk-a']);
    const imported = await world.as('attacker').import(VAULT, 'disk-a');
    for (let time = 0; time < 60; time += 1) await world.as('attacker').tag(VAULT, 'disk-a');
    await world.pass(300, 5);
    await world.audit();
    await world.pass(70);
    expect(await approvedOf(world, imported)).toBeUndefined();
  });

  test('hides nobody who did what was approved for somebody else', async () => {
    const world = await guarded(['disk-a']);
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], by: 'somebody-else' });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(70);
    for (let time = 0; time < 60; time += 1) await world.as('attacker').tag(VAULT, 'disk-a');
    await world.audit();
    expect(await kindsOf(world, 'disk-a')).toContain('approved-act-by-other');
  });
});

describe('operations that are stripped', () => {
  test('in the second of their reading are put back within two minutes, though the sweep takes 3 s more', async () => {
    const world = await guarded();
    const attacker = world.as('attacker');
    toWholeSecond();
    for (const key of ['disk-a', 'disk-b']) await attacker.tag(VAULT, key);
    turnClock(200);
    const stripped = Promise.withResolvers<void>();
    const ports = reading(world.ports, (reads) => ({
      async read(key, version) {
        const answer = await reads.read(key, version);
        if (key === 'disk-a') {
          await attacker.operations(VAULT, 'disk-a', ['sign', 'verify']);
          stripped.resolve();
        } else {
          await stripped.promise;
          turnClock(3000);
        }
        return answer;
      },
    }));
    await sweepNow(world, ports);
    await world.pass(120);
    expect(isUsable(world)).toBe(true);
  });
});

describe('many keys that were usable when they were last observed are all undone', () => {
  test('where each was disabled in the second of a harmless change', async () => {
    const world = await guarded(MANY);
    toWholeSecond();
    for (const key of MANY) await world.as('attacker').operations(VAULT, key, ['wrapKey', 'unwrapKey', 'sign']);
    turnClock(100);
    for (const key of MANY) await world.ports.queues.inspections.send(inspection(key));
    await world.settle();
    turnClock(400);
    for (const key of MANY) await world.as('attacker').disable(VAULT, key);
    await world.pass(120);
    expect(MANY.filter((key) => isUsable(world, key))).toHaveLength(25);
  });

  test('where their expiry comes inside the notify time after it was pulled close to it', async () => {
    const world = await guarded(MANY);
    const close = new Date(Date.now() + 30 * 86_400_000 + 90_000);
    for (const key of MANY) await world.as('attacker').expire(VAULT, key, close);
    await world.pass(300, 5);
    turnClock(31 * 86_400_000);
    await world.sentry();
    await world.pass(130, 5);
    expect(MANY.filter((key) => isUsable(world, key))).toHaveLength(25);
  });
});

describe('a key deleted with approval and recovered by somebody', () => {
  test('is alerted, is not guarded, and stays deleted when it is deleted again', async () => {
    const world = await guarded();
    await world.approve({
      vault: VAULT,
      key: 'disk-a',
      acts: ['delete'],
      until: new Date(Date.now() + 60_000),
    });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(3600, 30);
    await world.as('attacker').recover(VAULT, 'disk-a');
    await world.audit();
    await world.pass(600, 10);
    expect(await world.incidents(VAULT, 'disk-a')).toContainEqual(
      expect.objectContaining({
        kind: 'version-not-approved',
        state: 'open',
        who: expect.objectContaining({ oid: world.azure.identities.get('attacker')?.oid }),
      }),
    );
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(130);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    expect(world.writes()).toEqual([]);
  });

  test('is guarded again once a person accepts it', async () => {
    const world = await guarded();
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['delete'] });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(130);
    await world.as('owner').recover(VAULT, 'disk-a');
    await world.pass(130);
    const proposed = await proposeBaseline(VAULT, world.ports);
    const [back] = proposed;
    expect(back).toMatchObject({
      key: 'disk-a',
      suspicious: 'its key was deleted with approval, or abandoned, and is back',
    });
    const words = { needed: [`disk-a/${back?.shown?.version}`], retired: [] };
    await acceptBaseline(VAULT, proposed, words, { oid: 'person' }, world.ports);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(130);
    expect(isUsable(world)).toBe(true);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open')).toEqual([]);
  });
});

describe('a key deleted with approval and purged', () => {
  async function purged(): Promise<World> {
    const keys = [{ name: 'disk-a' }, { name: 'disk-b' }];
    const world = await guarded([], { vaults: [{ name: VAULT, purgeProtection: false, keys }] });
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['delete'] });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(130);
    await world.as('attacker').purge(VAULT, 'disk-a');
    return world;
  }

  test('before its day is missing from its first minutes on, and stays so where no record of the purge ever comes', async () => {
    const world = await purged();
    await world.pass(130);
    const missing = { kind: 'key-missing', state: 'open', summary: expect.stringContaining('its purge was not') };
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([missing]);
    await world.pass(3600, 30);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([missing]);
    expect((await world.incidents(VAULT, 'disk-a'))[0]?.who).toBeUndefined();
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened']);
  });

  test('before its day is the same incident once the record names who did it', async () => {
    const world = await purged();
    await world.pass(130);
    await world.audit();
    await world.pass(10);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      {
        kind: 'key-missing',
        state: 'open',
        summary: expect.stringContaining('was purged on'),
        who: { oid: world.azure.identities.get('attacker')?.oid },
      },
    ]);
  });

  test('and made anew is one key more to guard once a person accepts it: what went with the old one is missed no more', async () => {
    const world = await purged();
    const made = await world.as('owner').create(VAULT, 'disk-a');
    await world.pass(130);
    const proposed = await proposeBaseline(VAULT, world.ports);
    const words = { needed: [`disk-a/${made}`], retired: [] };
    await acceptBaseline(VAULT, proposed, words, { oid: 'person' }, world.ports);
    await world.pass(130);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open')).toEqual([]);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(130);
    expect(isUsable(world)).toBe(true);
  });
});

describe('what people said', () => {
  test('an approved disable that happened during a sweep, and was hidden by a later change, is not undone', async () => {
    const world = await guarded();
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until: new Date(Date.now() + 4000) });
    let listed: Promise<unknown> | undefined;
    const ports = reading(world.ports, (reads) => ({
      listKeys() {
        const answer = reads.listKeys();
        listed = answer;
        return answer;
      },
      async listDeletedKeys() {
        const answer = await reads.listDeletedKeys();
        await listed;
        turnClock(2000);
        await world.as('owner').disable(VAULT, 'disk-a');
        turnClock(8000);
        return answer;
      },
    }));
    await sweepNow(world, ports);
    await world.pass(5);
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.pass(130);
    expect(world.writes()).toEqual([]);
  });

  test('a hold that is set while the trail takes the intent stops the write', async () => {
    const hook: { set?: () => Promise<unknown> } = {};
    const world = await guarded(['disk-a'], {
      async onStorage(name) {
        const { set } = hook;
        if (set === undefined || name !== 'trail.append') return;
        delete hook.set;
        turnClock(100);
        await set();
      },
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    hook.set = () => world.hold();
    await world.wake(VAULT, 'disk-a');
    expect(world.writes()).toEqual([]);
  });

  test.each(['before', 'after'] as const)(
    'an act after a sweep that followed the window of an approval is undone, heard %s the inspection',
    async (heard) => {
      const world = await guarded(['disk-a']);
      await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until: new Date(Date.now() + 10_000) });
      await world.pass(61);
      await world.as('attacker').disable(VAULT, 'disk-a');
      if (heard === 'before') await world.audit();
      await world.pass(61);
      if (heard === 'after') await world.audit();
      await world.pass(61);
      expect([isUsable(world), world.changes()]).toEqual([true, 1]);
    },
  );

  test('accepting the baseline again approves nothing that the guardian refused, and lists it first', async () => {
    const world = await guarded(['disk-a']);
    const imported = await world.as('attacker').import(VAULT, 'disk-a');
    await world.pass(61);
    await world.audit();
    expect(await kindsOf(world, 'disk-a')).toContain('version-not-approved');
    const proposed = await proposeBaseline(VAULT, world.ports);
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, { oid: 'person' }, world.ports);
    expect(proposed[0]).toMatchObject({ shown: { version: imported }, suspicious: 'it was imported' });
    expect(await approvedOf(world, imported)).toBeUndefined();
  });

  test('accepting the baseline again lets nothing loose that was so before block began and nobody named', async () => {
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: MANY.map((name) => ({ name })) }],
      policy: { vaults: [{ name: VAULT, mode: 'alert' }] },
    });
    await world.sentry();
    for (const key of MANY) await world.as('attacker').disable(VAULT, key);
    await world.pass(130, 5);
    world.changePolicy(policy);
    await world.pass(130, 5);
    expect(world.changes()).toBe(0);
    const proposed = await proposeBaseline(VAULT, world.ports);
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, { oid: 'person' }, world.ports);
    await world.pass(130, 5);
    expect(world.changes()).toBe(0);
  });
});

describe('an approval', () => {
  /** The vault answers an inspection slowly: the approvals have been read, and meanwhile somebody is allowed to act and does. */
  async function lookedAtSlowly(act: 'disable' | 'delete'): Promise<World> {
    const world = await guarded(['disk-a']);
    const { approvals } = world.ports.tables;
    const areRead = Promise.withResolvers<void>();
    const list: typeof approvals.list = async (partition) => {
      const rows = await approvals.list(partition);
      areRead.resolve();
      return rows;
    };
    const acted = areRead.promise.then(async () => {
      await world.approve({ vault: VAULT, key: 'disk-a', acts: [act] });
      await world.as('owner')[act](VAULT, 'disk-a');
    });
    const slowly = reading(world.ports, (reads) => ({
      read: (key, version) => acted.then(() => reads.read(key, version)),
      listVersions: (key) => acted.then(() => reads.listVersions(key)),
      readDeleted: (key) => acted.then(() => reads.readDeleted(key)),
    }));
    const tables = { ...world.ports.tables, approvals: { ...approvals, list } };
    await inspect(inspection('disk-a'), Object.create(slowly, { tables: { value: tables } }));
    return world;
  }

  test.each(['disable', 'delete'] as const)(
    'that is granted while an inspection is under way is respected: %s',
    async (act) => {
      const world = await lookedAtSlowly(act);
      await world.pass(130);
      expect(world.writes()).toEqual([]);
      expect(isUsable(world)).toBe(false);
    },
  );

  test('is not consumed again on an old copy of the vault: what a person has said since stands', async () => {
    const world = await guarded();
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until: new Date(Date.now() + 30_000) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(130);
    world.azure.replicate(VAULT);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(61);
    const proposed = await proposeBaseline(VAULT, world.ports);
    const [name] = proposed.filter(({ key }) => key === 'disk-a').map(({ key, shown }) => `${key}/${shown?.version}`);
    await acceptBaseline(VAULT, proposed, { needed: [name ?? ''], retired: [] }, { oid: 'person' }, world.ports);
    world.azure.failOver(VAULT);
    await world.pass(130);
    world.azure.failBack(VAULT);
    await world.pass(130);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(130);
    expect(isUsable(world)).toBe(true);
  });

  test.each([
    ['a few minutes', 180],
    ['an hour', 3_700],
  ])('of a deletion is respected after a failover that showed the key again for %s', async (_, seconds) => {
    const world = await guarded();
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['delete'] });
    world.azure.replicate(VAULT);
    await world.as('owner').delete(VAULT, 'disk-a');
    world.azure.failOver(VAULT);
    await world.pass(seconds, 10);
    await world.audit();
    await world.pass(30);
    world.azure.failBack(VAULT);
    await world.pass(130);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    expect(world.changes()).toBe(0);
  });

  test('that is only asked for keeps no attack, however often somebody asks', async () => {
    let isAsking = false;
    const world = await guarded(['disk-a'], {
      async onStorage(name) {
        if (!isAsking || name !== 'approvals.list') return;
        isAsking = false;
        await world.approve({ vault: VAULT, key: '*', acts: ['disable'], granted: undefined });
        isAsking = true;
      },
    });
    isAsking = true;
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(130);
    expect(isUsable(world)).toBe(true);
  });

  test('that covers a disable is consumed by it under a hold under which another was observed before', async () => {
    const world = await guarded(['disk-a']);
    await world.hold({ until: new Date(Date.now() + 600_000) });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(180);
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], from: new Date() });
    await world.as('owner').enable(VAULT, 'disk-a');
    turnClock(2_000);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(800, 5);
    expect([isUsable(world), world.changes()]).toEqual([false, 0]);
  });

  test('of an expiry keeps it, though a later change hides when it was, when it comes into the notify time', async () => {
    const world = await guarded(['disk-a']);
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['expire'], until: new Date(Date.now() + 10_000) });
    await world.as('owner').expire(VAULT, 'disk-a', new Date(Date.now() + 30.5 * 86_400_000));
    await world.pass(20);
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.pass(130);
    await world.pass(86_400, 300);
    expect(world.writes()).toEqual([]);
  }, 60_000);
});

describe('accepting the baseline for one key', () => {
  test('says nothing of an import on another whose record is on its way', async () => {
    const world = await guarded();
    await world.as('attacker').import(VAULT, 'disk-a');
    await world.as('owner').operations(VAULT, 'disk-b', ['wrapKey', 'unwrapKey', 'sign']);
    await world.pass(130);
    const proposed = await proposeBaseline(VAULT, world.ports);
    const [named] = proposed.filter(({ key }) => key === 'disk-b').map(({ key, shown }) => `${key}/${shown?.version}`);
    const words = { needed: [], retired: [], asShown: [named ?? ''] };
    await acceptBaseline(VAULT, proposed, words, { oid: 'person' }, world.ports);
    await world.audit();
    await world.pass(130);
    expect(await kindsOf(world, 'disk-a')).toContain('version-not-approved');
  });

  test('says nothing of a weak version that nobody has inspected yet', async () => {
    const world = await guarded();
    await world.as('attacker').create(VAULT, 'disk-a', { keyOps: ['sign', 'verify'] });
    const proposed = await proposeBaseline(VAULT, world.ports);
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, { oid: 'person' }, world.ports);
    await world.pass(130);
    expect(await kindsOf(world, 'disk-a')).toContain('version-not-approved');
  });
});

describe('a register that was lost', () => {
  test('is rebuilt although a key is inspected before the next sweep', async () => {
    const world = await guarded();
    await removeKeyRows(world);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.audit();
    await world.pass(300, 5);
    expect((await world.incidents(VAULT)).map(({ reason }) => reason)).toContain('register-lost');
    expect(isUsable(world)).toBe(true);
  });

  test('is rebuilt to its end by the next sweep, where one ended between two rows', async () => {
    const world = await guarded();
    const { keys } = world.ports.tables;
    await removeKeyRows(world);
    for (const key of ['disk-a', 'disk-b']) await world.as('attacker').disable(VAULT, key);
    const broken: typeof keys = {
      ...keys,
      async change(partition, row, next) {
        if (row !== 'disk-a') throw new Error('storage went away');
        return keys.change(partition, row, next);
      },
    };
    const ports: Ports = Object.create(world.ports, { tables: { value: { ...world.ports.tables, keys: broken } } });
    await expect(sweepNow(world, ports)).rejects.toThrow('storage went away');
    await world.pass(200, 5);
    expect((await world.incidents(VAULT)).map(({ reason }) => reason)).toContain('register-lost');
    expect([isUsable(world, 'disk-a'), isUsable(world, 'disk-b')]).toEqual([true, true]);
  });
});

describe('what an inspection learns while others write all rows of a vault', () => {
  /** An approved disable, inspected and consumed, and a later change that hides when it was. */
  async function approvedDisable(world: World): Promise<void> {
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until: new Date(Date.now() + 60_000) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(65, 5);
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.pass(65, 5);
    expect(world.changes()).toBe(0);
  }

  test('stays where a second worker rebuilds the register from what it read before', async () => {
    const world = await guarded();
    await removeKeyRows(world);
    const { trail } = world.ports;
    const readRegister: typeof trail.readRegister = async (vault) => {
      const records = await trail.readRegister(vault);
      await world.pass(65, 5);
      await approvedDisable(world);
      return records;
    };
    await ensureBaseline(VAULT, Object.create(world.ports, { trail: { value: { ...trail, readRegister } } }));
    await world.pass(130, 5);
    expect([isUsable(world), world.changes(), await world.incidents(VAULT, 'disk-a')]).toEqual([false, 0, []]);
  });

  test('is not that a key is new, of which the rebuilding has not come to the row', async () => {
    const meanwhile: { rebuild?: (() => Promise<void>) | undefined } = {};
    const world = await guarded(['disk-a', 'disk-b'], {
      async onStorage(name) {
        const { rebuild } = meanwhile;
        if (name !== 'keys.list' || rebuild === undefined) return;
        meanwhile.rebuild = undefined;
        await rebuild();
      },
    });
    const { tables } = world.ports;
    const other = await tables.keys.get(VAULT, 'disk-b');
    await removeKeyRows(world);
    await world.as('attacker').disable(VAULT, 'disk-a');
    meanwhile.rebuild = async () => {
      await writeBaseline(tables, VAULT, { state: 'rebuilding', at: new Date() });
      if (other !== undefined) await tables.keys.insert(VAULT, 'disk-b', other.value);
    };
    await inspect(inspection('disk-a'), world.ports);
    await ensureBaseline(VAULT, world.ports);
    await world.pass(130);
    expect(isUsable(world)).toBe(true);
  });

  test('stays where a person accepts the baseline meanwhile', async () => {
    const world = await guarded();
    const proposed = (await proposeBaseline(VAULT, world.ports)).filter(({ key }) => key === 'disk-b');
    const { trail } = world.ports;
    const appendRegister: typeof trail.appendRegister = async (entries) => {
      const appended = await trail.appendRegister(entries);
      if (entries.some(({ what }) => what === 'baseline')) await approvedDisable(world);
      return appended;
    };
    const ports: Ports = Object.create(world.ports, { trail: { value: { ...trail, appendRegister } } });
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, { oid: 'person' }, ports);
    await world.pass(130, 5);
    expect([isUsable(world), world.changes(), await world.incidents(VAULT, 'disk-a')]).toEqual([false, 0, []]);
  });
});

describe('a key of which nothing is approved', () => {
  test('that is deleted has not become good again: people are alerted', async () => {
    const keys = [{ name: 'disk-a', versions: [{ enabled: false }] }, { name: 'disk-b' }];
    const world = await createWorld({ vaults: [{ name: VAULT, keys }], policy });
    await world.sentry();
    await world.pass(61);
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.audit();
    await world.pass(130);
    const open = (await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open');
    expect(open.map(({ kind }) => kind).toSorted()).toEqual(['key-deleted', 'version-not-approved']);
    expect(world.writes()).toEqual([]);
  });
});

describe('operations of an older version of which the vault’s time says nothing', () => {
  /** The older version loses what disks need of it; `meanwhile` happens every ten minutes for four hours. */
  async function strippedFor4Hours(meanwhile: (world: World) => Promise<void>): Promise<World> {
    const version = { created: 1_900_000_000, keyOps: ['wrapKey', 'unwrapKey'] as const };
    const keys = [{ name: 'disk-a', versions: [version, { ...version, created: 1_910_000_000 }] }];
    const behaviours = { operationsMoveUpdated: false };
    const world = await guarded([], { vaults: [{ name: VAULT, keys }], behaviours });
    await world.as('attacker').operations(VAULT, 'disk-a', ['sign'], versionsOf(world, VAULT, 'disk-a')[0]?.version);
    for (let round = 0; round < 24; round += 1) {
      await meanwhile(world);
      await world.pass(600, 20);
    }
    return world;
  }

  test.each<readonly [says: string, meanwhile: (world: World) => Promise<void>]>([
    ['nothing', async () => undefined],
    [
      'he changes the other version again and again, of which the audit log has a record each time',
      async (world) => {
        await world.as('attacker').tag(VAULT, 'disk-a');
        await world.audit();
      },
    ],
    [
      'the other version differs in something that people have to settle',
      async (world) => world.as('attacker').operations(VAULT, 'disk-a', ['wrapKey', 'unwrapKey', 'sign']),
    ],
  ])('are put back, whatever else happens: %s', async (_, meanwhile) => {
    const world = await strippedFor4Hours(meanwhile);
    expect(versionsOf(world, VAULT, 'disk-a')[0]?.keyOps.toSorted()).toEqual(['unwrapKey', 'wrapKey']);
  });
});

const ACTS = ['disable', 'delete', 'expire', 'not-before', 'operations'] as const;
type Act = (typeof ACTS)[number];
const someDays = (count: number): Date => new Date(Date.now() + count * 86_400_000);
const attack: Readonly<Record<Act, (world: World, key?: string) => Promise<void>>> = {
  disable: (world, key = 'disk-a') => world.as('attacker').disable(VAULT, key),
  delete: (world, key = 'disk-a') => world.as('attacker').delete(VAULT, key),
  expire: (world, key = 'disk-a') => world.as('attacker').expire(VAULT, key, new Date(Date.now() - 60_000)),
  'not-before': (world, key = 'disk-a') => world.as('attacker').notBefore(VAULT, key, someDays(3)),
  operations: (world, key = 'disk-a') => world.as('attacker').operations(VAULT, key, ['sign']),
};
/** Whether the key has everything that was approved of it. */
const isAsApproved = (world: World, key = 'disk-a'): boolean => {
  const version = shown(world, key);
  if (version === undefined) return false;
  const { nbf = 0, exp = Number.POSITIVE_INFINITY } = version;
  return isUsable(world, key) && nbf * 1000 <= Date.now() && exp * 1000 > someDays(365).getTime();
};
const accept = async (world: World, needed: readonly string[] = []): Promise<void> =>
  acceptBaseline(VAULT, await proposeBaseline(VAULT, world.ports), { needed, retired: [] }, PERSON, world.ports);
const PERSON = { oid: 'person' };
/** Every way in which the guardian can be made to look at a key. */
async function rouse(world: World): Promise<void> {
  await world.as('attacker').tag(VAULT, 'disk-b');
  await world.audit();
  await world.wake(VAULT, 'disk-a');
  await world.events();
  await world.pass(130, 5);
}

describe('nothing is undone', () => {
  describe.each(ACTS)('(%s)', (act) => {
    test.each<readonly [says: string, on: Partial<Hold>]>([
      ['the key', { vault: VAULT, key: 'disk-a' }],
      ['the vault', { vault: VAULT }],
      ['everything', {}],
    ])('under a hold on %s, nor when it is over, before a person settles it', async (_, on) => {
      const world = await guarded();
      const hold = await world.hold({ ...on, until: new Date(Date.now() + 600_000) });
      await attack[act](world);
      await rouse(world);
      expect(world.writes()).toEqual([]);
      await world.pass(600, 10);
      await rouse(world);
      expect(world.writes()).toEqual([]);
      expect((await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open')).toMatchObject([
        { judgement: 'withheld: under-hold', audience: 'on-call', deadline: expect.any(Date) },
      ]);
      await settleHold(hold.id, 'undo', PERSON, world.ports);
      await world.pass(5);
      expect(isAsApproved(world)).toBe(true);
    });

    test('under a hold that is set right after the act, before anybody has inspected the key', async () => {
      const world = await guarded();
      await attack[act](world);
      turnClock(500);
      await world.hold({ until: new Date(Date.now() + 600_000) });
      await rouse(world);
      await world.pass(900, 10);
      expect(world.writes()).toEqual([]);
    });

    test('under one hold after another', async () => {
      const world = await guarded();
      for (const minutes of [2, 4, 6]) await world.hold({ until: new Date(Date.now() + minutes * 60_000) });
      await attack[act](world);
      await world.pass(300, 5);
      await rouse(world);
      await world.pass(600, 10);
      expect(world.writes()).toEqual([]);
    });

    test('before the baseline is accepted, nor then what was so', async () => {
      const world = await guarded(['disk-a', 'disk-b'], { baseline: false });
      await attack[act](world);
      await rouse(world);
      await world.pass(600, 10);
      expect(world.writes()).toEqual([]);
      await accept(world);
      await rouse(world);
      await world.pass(600, 10);
      expect(world.writes()).toEqual([]);
      const open = (await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open');
      expect(open.map(({ judgement }) => judgement)).toEqual(['withheld: before-block']);
    });

    test('while the register is being rebuilt', async () => {
      const world = await guarded();
      await attack[act](world);
      await writeBaseline(world.ports.tables, VAULT, { state: 'rebuilding', at: new Date() });
      await inspect(inspection('disk-a'), world.ports);
      expect(world.writes()).toEqual([]);
    });
  });

  test('of what a disablement under a hold hid, once somebody enables the version by hand', async () => {
    const world = await guarded(['disk-a', 'disk-b'], { behaviours: { disabledKeyRead: 403 } });
    await world.hold({ until: new Date(Date.now() + 300_000) });
    await world.as('owner').operations(VAULT, 'disk-a', ['sign']);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(480, 5);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(130, 5);
    expect(world.writes()).toEqual([]);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open')).toMatchObject([
      { kind: 'version-operations-removed', judgement: 'withheld: under-hold' },
    ]);
  });

  test('of a second version under a hold that is set while the first is put back', async () => {
    const versions = [{ created: 1_900_000_000 }, { created: 1_910_000_000 }];
    const hook: { world?: World } = {};
    const world = await guarded([], {
      vaults: [{ name: VAULT, keys: [{ name: 'disk-a', versions }, { name: 'disk-b' }] }],
      async onStorage(name) {
        if (name !== 'holds.list' || hook.world?.changes() !== 1) return;
        delete hook.world;
        await world.hold();
      },
    });
    for (const { version } of versionsOf(world, VAULT, 'disk-a'))
      await world.as('attacker').disable(VAULT, 'disk-a', version);
    hook.world = world;
    await rouse(world);
    expect(world.changes()).toBe(1);
  });
});

describe('what he does while no hold stands did not come to be under one', () => {
  /** A hold on everything that stood for five minutes, and was over before the last two sweeps. */
  async function afterHold(more: Partial<WorldOptions> = {}): Promise<World> {
    const world = await guarded(['disk-a', 'disk-b'], more);
    await world.hold({ until: new Date(Date.now() + 300_000) });
    await world.pass(422, 2);
    return world;
  }

  test.each(ACTS.filter((act) => act !== 'operations'))(
    '%s: undone though a hold was there minutes ago',
    async (act) => {
      const world = await afterHold();
      await attack[act](world);
      await world.pass(130);
      expect(isAsApproved(world)).toBe(true);
    },
  );

  test.each(ACTS.filter((act) => act !== 'operations'))(
    '%s: undone though he tagged the key under the hold and since',
    async (act) => {
      const world = await guarded();
      await world.hold({ until: new Date(Date.now() + 300_000) });
      for (let round = 0; round < 7; round += 1) {
        await world.as('attacker').tag(VAULT, 'disk-a');
        await world.audit();
        await world.pass(60, 2);
      }
      await attack[act](world);
      if (act !== 'delete') await world.as('attacker').tag(VAULT, 'disk-a');
      await world.pass(130);
      expect(isAsApproved(world)).toBe(true);
    },
  );

  test('operations: undone once they were read in full after the hold', async () => {
    const world = await afterHold();
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.pass(130);
    await attack.operations(world);
    await world.pass(130);
    expect(isAsApproved(world)).toBe(true);
  });

  test('operations: a person’s to settle where they were last read before the hold, for nobody can say when they changed', async () => {
    const world = await afterHold();
    await attack.operations(world);
    await world.pass(130);
    expect(world.writes()).toEqual([]);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { state: 'open', judgement: 'withheld: under-hold' },
    ]);
  });

  test.each<readonly [says: string, on: Partial<Hold>]>([
    ['another key', { vault: VAULT, key: 'disk-b' }],
    ['another vault', { vault: 'other-disks' }],
    ['another key of another vault', { vault: 'other-disks', key: 'disk-a' }],
  ])('undone at once under a hold on %s', async (_, on) => {
    for (const act of ACTS) {
      const world = await guarded();
      await world.hold(on);
      await attack[act](world);
      await world.pass(130);
      expect([act, isAsApproved(world)]).toEqual([act, true]);
    }
  });

  test.each(ACTS.filter((act) => act !== 'disable'))(
    'undone though something else of the version came to be under one and waits for a person: %s',
    async (act) => {
      const world = await guarded();
      await world.hold({ until: new Date(Date.now() + 300_000) });
      await world.as('owner').disable(VAULT, 'disk-a');
      await world.pass(422, 2);
      await attack[act](world);
      await world.pass(130);
      expect(shown(world)?.enabled).toBe(false);
      const { nbf = 0, exp = Number.POSITIVE_INFINITY, keyOps = [] } = shown(world) ?? {};
      expect([nbf * 1000 <= Date.now(), exp * 1000 > someDays(365).getTime(), keyOps.includes('unwrapKey')]).toEqual([
        true,
        true,
        true,
      ]);
    },
  );

  test('undone where he changes once more what came to be under one', async () => {
    const world = await guarded();
    await world.hold({ until: new Date(Date.now() + 300_000) });
    await world.as('owner').expire(VAULT, 'disk-a', someDays(20));
    await world.pass(422, 2);
    expect(world.writes()).toEqual([]);
    await attack.expire(world);
    await world.pass(130);
    expect(isAsApproved(world)).toBe(true);
  });

  test('undone though the vault could not be read for nine minutes after the hold', async () => {
    const world = await afterHold();
    const passes = world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer: { kind: 'throttled' } });
    await world.pass(540, 10);
    await attack.disable(world);
    passes();
    await world.pass(130);
    expect(isAsApproved(world)).toBe(true);
  });
});

describe('what he does in block was not so before block began', () => {
  const rows: readonly (readonly [says: string, meanwhile: (world: World, act: Act) => Promise<void>])[] = [
    [
      'a person accepts the baseline right after it',
      async (world, act) => {
        await attack[act](world);
        turnClock(300);
        await accept(world);
      },
    ],
    [
      'a person looks at the baseline before it and accepts it after it',
      async (world, act) => {
        const proposed = await proposeBaseline(VAULT, world.ports);
        await attack[act](world);
        turnClock(300);
        await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, PERSON, world.ports);
      },
    ],
    [
      'a person accepts the baseline after it was observed and before it can be undone',
      async (world, act) => {
        const passes = world.azure.fault({ match: { identity: 'keeper' }, answer: { kind: 'throttled' } });
        await attack[act](world);
        await world.pass(90, 5);
        await accept(world);
        passes();
      },
    ],
    [
      'a person accepts another key of the baseline',
      async (world, act) => {
        await attack[act](world);
        const version = shown(world, 'disk-b')?.version ?? '';
        await accept(world, [`disk-b/${version}`]);
      },
    ],
    [
      'he changes the key back and forth around an acceptance',
      async (world, act) => {
        await world.as('attacker').tag(VAULT, 'disk-a');
        await accept(world);
        await attack[act](world);
        await accept(world);
        if (act !== 'delete') await world.as('attacker').tag(VAULT, 'disk-a');
      },
    ],
    [
      'the policy changes in something else, before any sweep has noted it',
      async (world, act) => {
        world.changePolicy({ vaults: [{ name: VAULT, mode: 'block', knownUsers: ['somebody'] }] });
        await attack[act](world);
        await world.wake(VAULT, 'disk-a');
      },
    ],
    [
      'the policy changes in something else each minute',
      async (world, act) => {
        for (let change = 0; change < 60; change += 1) {
          world.changePolicy({ vaults: [{ name: VAULT, mode: 'block', knownUsers: [`user-${change}`] }] });
          if (change === 30) await attack[act](world);
          await world.pass(60, 10);
        }
      },
    ],
    [
      'the policy names the key where it named the vault',
      async (world, act) => {
        const keys = [{ pattern: 'disk-*', mode: 'block' }];
        world.changePolicy({ vaults: [{ name: VAULT.toUpperCase(), mode: 'alert', keys }] });
        await attack[act](world);
        await world.pass(5);
        world.changePolicy({ vaults: [{ name: VAULT, mode: 'block' }] });
      },
    ],
    [
      'the vault was in alert for a few hours meanwhile, and he acted then',
      async (world, act) => {
        world.changePolicy({ vaults: [{ name: VAULT, mode: 'alert' }] });
        await world.pass(1_800, 30);
        await attack[act](world);
        await world.pass(7_200, 30);
        world.changePolicy(policy);
      },
    ],
  ];
  for (const act of ACTS)
    test.each(rows)(`it is undone (${act}) though %s`, async (_, meanwhile) => {
      const world = await guarded();
      await meanwhile(world, act);
      await world.pass(190);
      expect(isAsApproved(world)).toBe(true);
      const judgements = (await world.trail()).filter(({ what }) => what === 'withheld').map(({ detail }) => detail);
      expect(judgements.filter(({ because }) => because === 'under-hold')).toEqual([]);
    });

  test.each(ACTS.filter((act) => act !== 'disable'))(
    'it is undone (%s) though something else of the key was so before and waits for a person',
    async (act) => {
      const world = await guarded(['disk-a', 'disk-b'], { policy: { vaults: [{ name: VAULT, mode: 'alert' }] } });
      await world.as('owner').disable(VAULT, 'disk-a');
      await world.pass(120);
      world.changePolicy(policy);
      await world.pass(120);
      expect(world.writes()).toEqual([]);
      await attack[act](world);
      await world.pass(130);
      const { enabled, nbf = 0, exp = Number.POSITIVE_INFINITY, keyOps = [] } = shown(world) ?? {};
      expect(enabled).toBe(false);
      expect([nbf * 1000 <= Date.now(), exp * 1000 > someDays(365).getTime(), keyOps.includes('unwrapKey')]).toEqual([
        true,
        true,
        true,
      ]);
    },
  );

  test('it is undone where he changes once more what was so before', async () => {
    const world = await guarded(['disk-a', 'disk-b'], { policy: { vaults: [{ name: VAULT, mode: 'alert' }] } });
    await world.as('owner').expire(VAULT, 'disk-a', someDays(20));
    await world.pass(120);
    world.changePolicy(policy);
    await world.pass(120);
    expect(world.writes()).toEqual([]);
    await attack.expire(world);
    await world.pass(130);
    expect(isAsApproved(world)).toBe(true);
  });

  test('it is undone where he deletes once more what was deleted before', async () => {
    const world = await guarded(['disk-a', 'disk-b'], { policy: { vaults: [{ name: VAULT, mode: 'alert' }] } });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(120);
    world.changePolicy(policy);
    await world.pass(120);
    await world.as('owner').recover(VAULT, 'disk-a');
    turnClock(3_000);
    await attack.delete(world);
    await world.pass(130);
    expect(isAsApproved(world)).toBe(true);
  });
});
