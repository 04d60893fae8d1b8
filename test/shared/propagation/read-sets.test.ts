import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import type { SetsMessage } from '../../../shared/domain/propagation.ts';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { GraphRefused } from '../../../shared/errors.ts';
import type { Ports } from '../../../shared/ports.ts';
import { takeSets } from '../../../shared/propagation/read-sets.ts';
import { lookAtSets } from '../../../shared/propagation/sets.ts';
import { clientOf } from '../../simulation/client.ts';
import { stopAt } from '../../simulation/clock.ts';
import { type Rotating, rotating, scaleSetUnder, setIdOf, shownBy, urlOf, V1, VAULT } from './rotating.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const open = (incidents: readonly Incident[]): readonly string[] =>
  incidents.filter(({ state }) => state === 'open').map(({ kind, reason = kind }) => `${kind} ${reason}`);

/** Takes the roles of the set's identity away. */
function cutAccess({ world: { azure } }: Rotating, name: string): void {
  const oid = azure.identities.get(name)?.oid ?? '';
  for (const { id } of azure.resourceManager.world.directory.assignmentsOf({ oid, groups: [] }))
    azure.resourceManager.resources.remove(id);
}

/** A test delivers the message by itself. */
const sendingNothing = (ports: Ports): Ports => ({
  ...ports,
  queues: { ...ports.queues, surveys: { send: async () => {} } },
});

const never = (on: Rotating, name: string): void =>
  on.world.azure.resourceManager.paceSet(setIdOf(name), { followsAfterMs: Number.POSITIVE_INFINITY });

describe('a disk encryption set on a key with a new version', () => {
  test('follows: that is recorded once, with its minute, and nobody is alerted', async () => {
    const { rotate, minutes, verdict, recorded, incidents, reads, world } = await rotating([{ name: 'des-a' }]);
    await rotate();
    await minutes(20);
    expect(await verdict('des-a')).toBe('waiting');
    await minutes(8);
    expect(await verdict('des-a')).toBe('re-wrapping');
    await minutes(20);
    expect(await verdict('des-a')).toBe('followed');
    expect(await recorded('des-a')).toEqual([{ verdict: 'followed', minute: expect.closeTo(45, 0) }]);
    expect(reads('des-a')).toBe(6);
    await minutes(60);
    expect(reads('des-a')).toBe(6);
    expect(await incidents('des-a')).toEqual([]);
    expect(world.failures).toEqual([]);
  });

  test('is late at minute 58, which operators are alerted of, and follows later, which ends it', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    on.world.azure.resourceManager.paceSet(setIdOf('des-a'), { followsAfterMs: 62 * MINUTE_MS });
    const version = await on.rotate();
    await on.minutes(57.5);
    expect(await on.incidents('des-a')).toEqual([]);
    await on.minutes(2);
    const [late] = await on.incidents('des-a');
    expect(late).toMatchObject({
      ...{ kind: 'set-not-followed', reason: 'late', audience: 'operators', state: 'open' },
      summary: `The disk encryption set des-a did not follow version ${version} of ${VAULT}/disk-a within an hour: its active version is ${V1}. No cause was found in its identity, its rights, or the state of its key. Its disks work as long as the older versions do: leave those enabled.`,
      hangs: { kind: 'disks' },
    });
    await on.minutes(70);
    expect(await on.verdict('des-a')).toBe('followed');
    expect((await on.incidents('des-a')).map(({ state }) => state)).toEqual(['resolved']);
    expect((await on.recorded('des-a')).map(({ verdict }) => verdict)).toEqual(['late', 'followed']);
  });

  test('is late, and no rights are said to be well, where its vault cannot be read', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    never(on, 'des-a');
    await on.rotate();
    await on.minutes(57.5);
    turnClock(MINUTE_MS);
    const graph: Ports['graph'] = {
      rows() {
        throw new GraphRefused('forbidden', undefined, { status: 403, code: 'AuthorizationFailed' });
      },
    };
    await takeSets({ kind: 'read-sets', ids: [setIdOf('des-a')] }, { ...on.world.ports, graph });
    const [late] = await on.incidents('des-a');
    expect(late?.summary).toContain('No cause was found in what could be read. Not known: ');
    expect(late?.summary).not.toContain('its rights');
  });

  test('is stuck where its identity lost its role: the error and the cause are named, with the command', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    cutAccess(on, 'des-a');
    await on.rotate();
    await on.minutes(30);
    const [stuck] = await on.incidents('des-a');
    expect(stuck).toMatchObject({ kind: 'set-not-followed', reason: 'stuck', state: 'open' });
    expect(stuck?.summary).toMatch(
      /^Azure no longer rotates the disk encryption set des-a, .+: KeyVaultAccessForbidden: /,
    );
    expect(stuck?.summary).toContain('is not allowed to get, wrap, unwrap in the vault prod-disks');
    expect(stuck?.commands[0]).toMatch(/^az role assignment create --assignee-object-id d15cd15c-/);
    expect((await shownBy(on.world, 'des-a')).provisioningState).toBe('Succeeded');
  });

  test('is stuck where its identity is gone, although its state is Succeeded', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.patch('des-a', { identity: { type: 'None' } });
    await on.rotate();
    await on.minutes(30);
    const [stuck] = await on.incidents('des-a');
    expect(stuck?.summary).toContain('ManagedServiceIdentityNotFound');
    expect(stuck?.summary).toContain('It has no identity, so that it cannot use its key');
  });

  test('is named as unable to use its key for the state of the key', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    never(on, 'des-a');
    await on.world.hold();
    await on.world.as('owner').disable(VAULT, 'disk-a', V1);
    await on.minutes(60);
    const [late] = await on.incidents('des-a');
    expect(late?.summary).toContain(`Version ${V1} is disabled.`);
  });

  test('that takes no new version by itself is alerted at its first read, with the command', async () => {
    const on = await rotating([{ name: 'des-a', properties: { rotationToLatestKeyVersionEnabled: false } }]);
    const version = await on.rotate();
    await on.minutes(3);
    const [pinned] = await on.incidents('des-a');
    expect(pinned).toMatchObject({ reason: 'not-rotating', severity: 'warning', audience: 'operators' });
    expect(pinned?.commands).toEqual([
      `az disk-encryption-set update --name des-a --resource-group rg-disks --subscription 11111111-1111-4111-8111-111111111111 --key-url ${urlOf('disk-a', version)} --enable-auto-key-rotation true`,
    ]);
    await on.patch('des-a', { properties: { activeKey: { keyUrl: urlOf('disk-a', version) } } });
    await on.minutes(30);
    expect(await on.verdict('des-a')).toBe('followed');
    expect(open(await on.incidents('des-a'))).toEqual([]);
  });

  test('that is for confidential machines is alerted with the procedure, and not with a switch of its flag', async () => {
    const encryptionType = 'ConfidentialVmEncryptedWithCustomerKey';
    const on = await rotating([{ name: 'des-a', properties: { encryptionType } }]);
    await on.rotate();
    await on.minutes(3);
    const [pinned] = await on.incidents('des-a');
    expect(pinned?.summary).toContain('https://learn.microsoft.com/azure/confidential-computing/key-rotation-offline');
    expect(pinned?.commands[0]).not.toContain('--enable-auto-key-rotation');
  });

  test('is reverted by a template that names the older version', async () => {
    const on = await rotating([{ name: 'des-a' }], { behaviours: { rewrapMs: 0 } });
    await on.rotate();
    await on.minutes(27);
    never(on, 'des-a');
    await on.patch('des-a', { properties: { activeKey: { keyUrl: urlOf('disk-a', V1) } } });
    await on.minutes(14);
    const [reverted] = await on.incidents('des-a');
    expect(reverted).toMatchObject({ kind: 'set-not-followed', reason: 'reverted', audience: 'operators' });
    expect(reverted?.summary).toContain(`was pointed at the older version ${V1}`);
    expect(reverted?.summary).toContain('A template that names a version does so each time it is deployed.');
  });

  test('is moved to a vault that is not guarded: on-call is alerted at the next read', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    const keyUrl = urlOf('disk-a', V1, 'not-guarded.vault.azure.net');
    await on.patch('des-a', { properties: { activeKey: { keyUrl } } });
    await on.minutes(3);
    const [moved] = await on.incidents('des-a');
    expect(moved).toMatchObject({ kind: 'set-moved', audience: 'on-call', severity: 'critical', state: 'open' });
    expect(moved?.summary).toContain(
      'has the key not-guarded/disk-a, which nothing guards, in place of prod-disks/disk-a',
    );
    await on.patch('des-a', { properties: { activeKey: { keyUrl: urlOf('disk-b', V1) } } });
    await on.minutes(6);
    expect(await on.watched('des-a')).toBeUndefined();
    expect(open(await on.incidents('des-a'))).toEqual([]);
  });

  test('is deleted meanwhile: its row goes, and its incident ends', async () => {
    const on = await rotating([
      { name: 'des-a', hasDisk: false, properties: { rotationToLatestKeyVersionEnabled: false } },
    ]);
    await on.rotate();
    await on.minutes(3);
    expect(open(await on.incidents('des-a'))).toEqual(['set-not-followed not-rotating']);
    await on.remove('des-a');
    await on.minutes(6);
    expect(await on.watched('des-a')).toBeUndefined();
    expect(open(await on.incidents('des-a'))).toEqual([]);
    expect((await on.recorded('des-a')).at(-1)?.verdict).toBe('gone');
  });

  test('is watched no longer where the policy leaves its key out, and its incident ends', async () => {
    const on = await rotating([{ name: 'des-a', properties: { rotationToLatestKeyVersionEnabled: false } }]);
    await on.rotate();
    await on.minutes(3);
    expect(open(await on.incidents('des-a'))).toEqual(['set-not-followed not-rotating']);
    on.world.changePolicy({ vaults: [{ name: VAULT, mode: 'block', keys: [{ pattern: 'disk-a', guard: false }] }] });
    await on.minutes(10);
    expect(open(await on.incidents('des-a'))).toEqual([]);
    expect(await on.watched('des-a')).toBeUndefined();
    await lookAtSets([setIdOf('des-a')], on.world.ports);
    await on.minutes(62);
    expect(await on.watched('des-a')).toBeUndefined();
    expect(open(await on.incidents('des-a'))).toEqual([]);
  });

  test('keeps the name of whoever changed it last, also where the events come in another order', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    const at = new Date();
    const earlier = new Date(at.getTime() - MINUTE_MS);
    await lookAtSets([setIdOf('des-a')], on.world.ports, { by: { oid: 'last' }, at });
    await lookAtSets([setIdOf('des-a')], on.world.ports, { by: { oid: 'first' }, at: earlier });
    expect((await on.watched('des-a'))?.changed).toEqual({ by: { oid: 'last' }, at });
  });

  test('follows with nothing under it, which is called so', async () => {
    const on = await rotating([{ name: 'des-a', hasDisk: false }]);
    await on.rotate();
    await on.minutes(35);
    expect(await on.verdict('des-a')).toBe('nothing-to-re-wrap');
  });

  test('follows with a scale set alone under it, whose disks are no resources', async () => {
    const on = await rotating([{ name: 'des-a', hasDisk: false }], { resources: [scaleSetUnder('des-a')] });
    await on.rotate();
    await on.minutes(35);
    expect(await on.verdict('des-a')).toBe('followed');
  });

  describe('that is set back for a moment', () => {
    const to = (version: string): object => ({ properties: { activeKey: { keyUrl: urlOf('disk-a', version) } } });
    /** A set that has followed and is not watched any more, and is asked for while it is on the older version. */
    const setBack = async () => {
      const on = await rotating([{ name: 'des-a' }], { behaviours: { rewrapMs: 0 } });
      const version = await on.rotate();
      await on.minutes(35);
      await on.patch('des-a', to(V1));
      await on.world.pass(60, 10);
      await lookAtSets([setIdOf('des-a')], sendingNothing(on.world.ports));
      const putRight = () => on.patch('des-a', to(version));
      const message: SetsMessage = { kind: 'read-sets', ids: [setIdOf('des-a')] };
      return { on, putRight, message };
    };
    const rightAgain = async (on: Rotating): Promise<void> => {
      await on.minutes(12);
      expect(await on.verdict('des-a')).toBe('followed');
      expect(open(await on.incidents('des-a'))).toEqual([]);
    };

    test('is alerted of nothing where its row is written between its read and its verdict', async () => {
      const { on, putRight, message } = await setBack();
      const { ports } = on.world;
      const diskEncryptionSet: typeof ports.resourceManager.diskEncryptionSet = async (id) => {
        const answer = await ports.resourceManager.diskEncryptionSet(id);
        await putRight();
        await lookAtSets([id], sendingNothing(ports), { by: { oid: 'somebody' }, at: new Date() });
        return answer;
      };
      await takeSets(message, { ...ports, resourceManager: { ...ports.resourceManager, diskEncryptionSet } });
      await rightAgain(on);
      expect(await on.incidents('des-a')).toEqual([]);
    });

    test.each([0, 1])(
      'is alerted of as its row says, where the execution ends after it wrote it %i times',
      async (writes) => {
        const { on, putRight, message } = await setBack();
        const { ports } = on.world;
        let left = writes;
        const replace: typeof ports.tables.sets.replace = async (read, value) => {
          if (left === 0) throw new Error('the process is gone');
          left -= 1;
          return ports.tables.sets.replace(read, value);
        };
        const sets = { ...ports.tables.sets, replace };
        await expect(takeSets(message, { ...ports, tables: { ...ports.tables, sets } })).rejects.toThrow('is gone');
        await putRight();
        await rightAgain(on);
      },
    );
  });

  test('follows again after it was set back: each verdict is a record of its own', async () => {
    const on = await rotating([{ name: 'des-a' }], { behaviours: { rewrapMs: 0 } });
    const version = await on.rotate();
    await on.minutes(35);
    const to = (name: string): object => ({ properties: { activeKey: { keyUrl: urlOf('disk-a', name) } } });
    for (const name of [V1, version]) {
      await on.patch('des-a', to(name));
      await on.minutes(1);
      await lookAtSets([setIdOf('des-a')], on.world.ports);
      await on.minutes(10);
    }
    const records = (await on.world.trail()).filter(({ what }) => what === 'verdict');
    expect(records.map(({ detail }) => detail.follows)).toEqual([true, false, true]);
    expect(new Set(records.map(({ id }) => id)).size).toBe(3);
  });

  test('cannot be read to the end of its hour, which is not taken for a deletion', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    on.world.azure.fault({
      match: { path: `${setIdOf('des-a')}` },
      answer: { kind: 'forbidden-by-permission' },
    });
    await on.minutes(59.5);
    const [unreachable] = await on.incidents('des-a');
    expect(unreachable).toMatchObject({ reason: 'unreachable', severity: 'warning' });
    expect(unreachable?.summary).toContain('is not known: the permission to read there is missing.');
    on.world.azure.clearFaults();
    await on.minutes(30);
    expect(await on.verdict('des-a')).toBe('followed');
    expect(open(await on.incidents('des-a'))).toEqual([]);
  });

  test('that is throttled for a while is read again each minute, and follows', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    on.world.azure.fault({
      match: { path: setIdOf('des-a') },
      answer: { kind: 'throttled', retryAfterSeconds: 17 },
      times: 3,
    });
    await on.minutes(46);
    expect(await on.verdict('des-a')).toBe('followed');
  });

  test('has a second rotation during the first: the watch goes on with the newer version', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    await on.minutes(25);
    const second = await on.rotate();
    await on.minutes(56);
    expect(await on.watched('des-a')).toMatchObject({
      rotation: { version: second },
      verdict: { kind: 'followed' },
    });
    expect((await on.recorded('des-a')).map(({ verdict }) => verdict)).toEqual(['followed']);
  });

  test('is watched for a version that somebody made while no event came', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.world.as('owner').rotate(VAULT, 'disk-a');
    await on.minutes(3);
    expect(await on.verdict('des-a')).toBe('waiting');
    expect(on.reads('des-a')).toBe(1);
  });

  test('is read by one of two instances at each of its times, and alerted of once', async () => {
    const on = await rotating([{ name: 'des-a' }], { instances: 2 });
    never(on, 'des-a');
    await on.rotate();
    await on.minutes(59.5);
    expect(on.reads('des-a')).toBe(7);
    expect(on.world.alerts.filter(({ incident: { kind } }) => kind === 'set-not-followed')).toHaveLength(1);
  });

  test('has its verdict within the hour where executions are killed at each of its reads', async () => {
    const on = await rotating([{ name: 'des-a' }], {
      interrupts: (execution) => (execution % 3 === 0 ? { kind: 'aborted', afterSteps: execution % 11 } : undefined),
    });
    never(on, 'des-a');
    await on.rotate();
    await on.minutes(60);
    expect(await on.verdict('des-a')).toBe('late');
    expect(open(await on.incidents('des-a'))).toEqual(['set-not-followed late']);
    expect((await on.recorded('des-a'))[0]?.minute).toBeLessThan(60);
  });
});

describe('the records of the vault', () => {
  const monitored = { monitor: 'AZKVAuditLogs' } as const;

  test('prove that a set follows: for an hour its identity unwrapped with the new version alone', async () => {
    const on = await rotating([{ name: 'des-a' }], monitored);
    await on.minutes(30);
    await on.rotate();
    await on.minutes(50);
    expect(await on.watched('des-a')).toMatchObject({ verdict: { kind: 'followed', records: 'awaited' } });
    await on.minutes(75);
    expect((await on.recorded('des-a')).map(({ verdict }) => verdict)).toEqual(['followed']);
    await on.minutes(120);
    expect((await on.recorded('des-a')).map(({ verdict }) => verdict)).toEqual(['followed', 'proven']);
    expect((await on.watched('des-a'))?.nextReadAt).toBeUndefined();
    expect(on.world.failures).toEqual([]);
  });

  test('prove nothing while somebody with the identity of the set still unwraps with the older version', async () => {
    const on = await rotating([{ name: 'des-a' }], monitored);
    await on.minutes(30);
    await on.rotate();
    for (let quarter = 0; quarter < 17; quarter += 1) {
      await on.minutes(15);
      await clientOf(on.world.azure, 'des-a').wrapAndUnwrap(VAULT, 'disk-a', V1);
    }
    expect(await on.watched('des-a')).toMatchObject({ verdict: { kind: 'followed', records: 'awaited' } });
  });
});
