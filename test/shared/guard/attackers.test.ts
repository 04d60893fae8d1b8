import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { acceptBaseline } from '../../../shared/approvals/accept-baseline.ts';
import { ensureBaseline } from '../../../shared/approvals/ensure-baseline.ts';
import { proposeBaseline } from '../../../shared/approvals/propose-baseline.ts';
import { keyRecord } from '../../../shared/domain/register.ts';
import type { VaultReads } from '../../../shared/domain/vault.ts';
import { inspect } from '../../../shared/guard/inspect.ts';
import type { Ports } from '../../../shared/ports.ts';
import { readSweep, writeBaseline } from '../../../shared/register/vaults.ts';
import { sweep } from '../../../shared/senses/sweep/sweep.ts';
import type { Table } from '../../../shared/storage.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World, type WorldOptions } from '../../simulation/world.ts';

/** What somebody tries who may do anything to the keys of a vault, and knows how the guardian works. */

const VAULT = 'prod-disks';
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };
const MANY = Array.from({ length: 25 }, (_, nth) => `disk-${nth}`);

/** A world of keys of one version, the baseline accepted, one pass over and all readings settled. */
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
  keyRecord.parse((await world.ports.tables.keys.get(VAULT, 'disk-a'))?.data).versions[version]?.approved;

/** The ports of a world with some reads of its vaults replaced. */
const reading = (ports: Ports, change: (reads: VaultReads) => Partial<VaultReads>): Ports =>
  Object.create(ports, {
    reads: { value: (vault: string) => ({ ...ports.reads(vault), ...change(ports.reads(vault)) }) },
  });
const passNow = async (world: World, ports: Ports): Promise<void> =>
  sweep({ vault: VAULT, token: (await readSweep(world.ports.tables.vaults, VAULT))?.state.token ?? '' }, ports);
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

describe('a contested key', () => {
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
  async function contested(world: World): Promise<void> {
    for (let time = 0; time < 2; time += 1) {
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.wake(VAULT, 'disk-a');
      await world.pass(5);
    }
  }

  test('that is disabled once, and then deleted once a minute, is usable most of the time', async () => {
    const world = await guarded(['disk-a']);
    const attacker = world.as('attacker');
    await contested(world);
    await attacker.disable(VAULT, 'disk-a');
    await attacker.delete(VAULT, 'disk-a');
    const isBack = () => world.azure.state(VAULT, 'disk-a').kind === 'present';
    expect(await secondsUsable(world, isBack, () => attacker.delete(VAULT, 'disk-a'))).toBeGreaterThan(1_200);
  });

  test('that is stripped once, and then disabled once a minute, is usable most of the time', async () => {
    const world = await guarded(['disk-a'], { behaviours: { disabledKeyRead: 403 } });
    const attacker = world.as('attacker');
    await contested(world);
    await attacker.operations(VAULT, 'disk-a', ['sign']);
    await attacker.disable(VAULT, 'disk-a');
    const isOn = () => shown(world)?.enabled === true;
    expect(await secondsUsable(world, isOn, () => attacker.disable(VAULT, 'disk-a'))).toBeGreaterThan(1_200);
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
  test('in the second of their reading are put back within two minutes, though the pass takes 3 s more', async () => {
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
    await passNow(world, ports);
    await world.pass(120);
    expect(isUsable(world)).toBe(true);
  });
});

describe('many keys that were usable at the last look are all undone', () => {
  test('where each was disabled in the second of a harmless change', async () => {
    const world = await guarded(MANY);
    toWholeSecond();
    for (const key of MANY) await world.as('attacker').operations(VAULT, key, ['wrapKey', 'unwrapKey', 'sign']);
    turnClock(100);
    for (const key of MANY) await world.ports.queues.inspections.send({ vault: VAULT, key, hints: [], attempt: 0 });
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
  test('is told, is not guarded, and stays deleted when it is deleted again', async () => {
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
        kind: 'deleted-key-back',
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
    expect(back).toMatchObject({ key: 'disk-a', suspicious: 'its key was deleted with approval and is back' });
    const words = { needed: [`disk-a/${back?.version}`], retired: [] };
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

  test('before its day is told, also where no record of the purge ever comes', async () => {
    const world = await purged();
    await world.pass(599, 10);
    expect(await world.incidents(VAULT, 'disk-a')).toEqual([]);
    await world.pass(150, 10);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ kind: 'key-purged', state: 'open' }]);
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
  test('an approved disable that happened during a pass, and was hidden by a later change, is told and not undone', async () => {
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
    await passNow(world, ports);
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
    'an act after the window of an approval is undone once all records had their time, heard %s the look',
    async (heard) => {
      const world = await guarded(['disk-a']);
      await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until: new Date(Date.now() + 10_000) });
      await world.pass(20);
      await world.as('attacker').disable(VAULT, 'disk-a');
      if (heard === 'before') await world.audit();
      await world.pass(60);
      if (heard === 'after') await world.audit();
      await world.pass(500, 5);
      expect(isUsable(world)).toBe(false);
      await world.pass(120, 5);
      expect(isUsable(world)).toBe(true);
    },
  );

  test('accepting the baseline again approves nothing that the guardian refused, and lists it first', async () => {
    const world = await guarded(['disk-a']);
    const imported = await world.as('attacker').import(VAULT, 'disk-a');
    await world.pass(61);
    await world.audit();
    expect(await kindsOf(world, 'disk-a')).toContain('version-born-weak');
    const proposed = await proposeBaseline(VAULT, world.ports);
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, { oid: 'person' }, world.ports);
    expect(proposed[0]).toMatchObject({ version: imported, suspicious: 'it was imported' });
    expect(await approvedOf(world, imported)).toBeUndefined();
  });

  test('accepting the baseline again lets nothing loose that the mass brake holds and nobody named', async () => {
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
  /** The vault answers a look slowly: the approvals have been read, and meanwhile somebody is allowed to act and does. */
  async function lookedAtSlowly(act: 'disable' | 'delete'): Promise<World> {
    const world = await guarded(['disk-a']);
    const { approvals } = world.ports.tables;
    const areRead = Promise.withResolvers<void>();
    const list: Table['list'] = async (partition) => {
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
    await inspect(
      { vault: VAULT, key: 'disk-a', hints: [], attempt: 0 },
      Object.create(slowly, { tables: { value: tables } }),
    );
    return world;
  }

  test.each(['disable', 'delete'] as const)(
    'that is granted while a look is under way is respected: %s',
    async (act) => {
      const world = await lookedAtSlowly(act);
      await world.pass(130);
      expect(world.writes()).toEqual([]);
      expect(isUsable(world)).toBe(false);
    },
  );

  test('is not spent again on an old copy of the vault: what a person has said since stands', async () => {
    const world = await guarded();
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until: new Date(Date.now() + 30_000) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(130);
    world.azure.replicate(VAULT);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(61);
    const proposed = await proposeBaseline(VAULT, world.ports);
    const [name] = proposed.filter(({ key }) => key === 'disk-a').map(({ key, version }) => `${key}/${version}`);
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

  test('that a disable within its window may have spent is kept by a hold under which another was seen before', async () => {
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

  test('of an expiry that nobody could date is not undone when it comes into the notify time', async () => {
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
    await world.pass(130);
    const proposed = await proposeBaseline(VAULT, world.ports);
    const [named] = proposed.filter(({ key }) => key === 'disk-b').map(({ key, version }) => `${key}/${version}`);
    const words = { needed: [], retired: [], asShown: [named ?? ''] };
    await acceptBaseline(VAULT, proposed, words, { oid: 'person' }, world.ports);
    await world.audit();
    await world.pass(130);
    expect(await kindsOf(world, 'disk-a')).toContain('version-born-weak');
  });

  test('says nothing of a weak version that nobody has looked at yet', async () => {
    const world = await guarded();
    await world.as('attacker').create(VAULT, 'disk-a', { keyOps: ['sign', 'verify'] });
    const proposed = await proposeBaseline(VAULT, world.ports);
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, { oid: 'person' }, world.ports);
    await world.pass(130);
    expect(await kindsOf(world, 'disk-a')).toContain('version-born-weak');
  });
});

describe('a register that was lost', () => {
  const loseRegister = async (world: World): Promise<void> => {
    for (const row of await world.ports.tables.keys.list(VAULT)) await world.ports.tables.keys.remove(row);
  };

  test('is rebuilt although a message is looked at before the next sweep', async () => {
    const world = await guarded();
    await loseRegister(world);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.audit();
    await world.pass(300, 5);
    expect(await kindsOf(world)).toContain('register-lost');
    expect(isUsable(world)).toBe(true);
  });

  test('is rebuilt to its end by the next pass, where one ended between two rows', async () => {
    const world = await guarded();
    const { keys } = world.ports.tables;
    await loseRegister(world);
    for (const key of ['disk-a', 'disk-b']) await world.as('attacker').disable(VAULT, key);
    const broken: Table = {
      ...keys,
      async insert(partition, row, data) {
        if (row !== 'disk-a') throw new Error('storage went away');
        return keys.insert(partition, row, data);
      },
    };
    const ports: Ports = Object.create(world.ports, { tables: { value: { ...world.ports.tables, keys: broken } } });
    await expect(passNow(world, ports)).rejects.toThrow('storage went away');
    await world.pass(200, 5);
    expect(await kindsOf(world)).toContain('register-lost');
    expect([isUsable(world, 'disk-a'), isUsable(world, 'disk-b')]).toEqual([true, true]);
  });
});

describe('what a look learns while others write all rows of a vault', () => {
  /** An approved disable, looked at and spent, and a later change that hides when it was. */
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
    for (const row of await world.ports.tables.keys.list(VAULT)) await world.ports.tables.keys.remove(row);
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
    const { keys, vaults } = world.ports.tables;
    const rows = await keys.list(VAULT);
    for (const row of rows) await keys.remove(row);
    await world.as('attacker').disable(VAULT, 'disk-a');
    meanwhile.rebuild = async () => {
      await writeBaseline(vaults, VAULT, { state: 'rebuilding', at: new Date() });
      await keys.insert(VAULT, 'disk-b', rows.find(({ row }) => row === 'disk-b')?.data);
    };
    await inspect({ vault: VAULT, key: 'disk-a', hints: [], attempt: 0 }, world.ports);
    await ensureBaseline(VAULT, world.ports);
    await world.pass(130);
    expect(isUsable(world)).toBe(true);
  });

  test('stays where a person accepts the baseline meanwhile', async () => {
    const world = await guarded();
    const proposed = (await proposeBaseline(VAULT, world.ports)).filter(({ key }) => key === 'disk-b');
    const { trail } = world.ports;
    const appendRegister: typeof trail.appendRegister = async (vault, entries) => {
      const appended = await trail.appendRegister(vault, entries);
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
  test('that is deleted has not become good again: people are told', async () => {
    const keys = [{ name: 'disk-a', versions: [{ enabled: false }] }, { name: 'disk-b' }];
    const world = await createWorld({ vaults: [{ name: VAULT, keys }], policy });
    await world.sentry();
    await world.pass(61);
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.audit();
    await world.pass(130);
    const open = (await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open');
    expect(open.map(({ kind }) => kind).toSorted()).toEqual(['key-deleted', 'version-born-weak']);
    expect(world.writes()).toEqual([]);
  });
});
