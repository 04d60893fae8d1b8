import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { attack } from '../../local/attacks.ts';
import { startEstate } from '../../local/estate.ts';
import { type LocalGuardian, startLocalGuardian } from '../../local/guardian.ts';
import { findLocalAzure, outsideClient } from '../../local/outside-client.ts';
import { queue } from '../../shared/azure/queues.ts';
import { storageClients } from '../../shared/azure/storage-clients.ts';
import { streams } from '../../shared/azure/streams.ts';
import { trailBlobs } from '../../shared/azure/trail-blobs.ts';
import type { Incident } from '../../shared/domain/incident.ts';
import { keyOf } from '../../shared/domain/subject.ts';
import { queueNames } from '../../shared/register/messages.ts';
import { chainStart, checkChain } from '../../shared/trail/chain.ts';
import { readLines } from '../../shared/trail/read.ts';
import { verifyTrail } from '../../shared/trail/verify.ts';

const DISKS = 'contoso-disks';
const SQL = 'contoso-sql';
const LATER = new URL('./later-version.ts', import.meta.url).href;
/** A claim of a killed guardian lasts half a minute, and the machine is busy with others. */
const patient = { timeout: 120_000, interval: 200 };

let folder = '';
let running: LocalGuardian;
const guardians: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-upgrade-'));
  running = await startLocalGuardian({ estate: startEstate(), folder, sweepSeconds: 2, guarded: false });
}, patient.timeout);
afterAll(async () => {
  for (const one of guardians) one.kill('SIGKILL');
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The guardian of this version or of a later one, in a process of its own. A later one may have a setting more. */
async function deploy(version: 'this' | 'later') {
  const deployed = fork(fileURLToPath(new URL('./second-guardian.ts', import.meta.url)), {
    execArgv: version === 'this' ? [] : ['--import', LATER],
    env: { ...process.env, KEY_GUARDIAN_LATER_SETTING: 'later' },
  });
  guardians.push(deployed);
  const asked = async (said: object): Promise<unknown> => {
    const answered = once(deployed, 'message');
    deployed.send(said);
    const [answer] = await Promise.race([answered, ended(deployed)]);
    return answer;
  };
  const token = (name: string) => running.azure.identities.get(name)?.token ?? '';
  const port = Number(new URL(running.vaultUrl(DISKS)).port);
  await asked({ kind: 'start', folder, port, tokens: { watcher: token('watcher'), keeper: token('keeper') } });
  return {
    stop: () => asked({ kind: 'stop' }),
    async kill() {
      deployed.kill('SIGKILL');
      await once(deployed, 'exit');
    },
  };
}

async function ended(of: ChildProcess): Promise<never> {
  await once(of, 'exit');
  throw new Error('The guardian ended before it answered.');
}

async function attacked(vault: string, act: Parameters<typeof attack>[0], key: string): Promise<void> {
  await attack(act, await outsideClient(await findLocalAzure(folder), vault, 'attacker'), key);
}

const clients = (account: 'RegisterStorage' | 'TrailStorage') =>
  storageClients({ kind: 'connection-string', value: running.guardian.settings[account] ?? '' });
const tables = () => running.guardian.ports.tables;
const incidents = async () => (await tables().incidents.list()).stored;
const keyOfIncident = ({ subject }: Incident): string => ('key' in subject ? subject.key : '');

/** The intents that a guardian has claimed and not closed yet. */
const openIntents = async (vault: string, key: string): Promise<number> =>
  (await tables().claims.get(vault, key))?.value.intents.length ?? 0;

function isUsable(vault: string, key: string): boolean {
  const state = running.azure.state(vault, key);
  const now = Date.now() / 1000;
  return (
    state.kind === 'present' &&
    state.versions.every(
      ({ enabled, exp = Number.POSITIVE_INFINITY, keyOps }) => enabled && exp > now && keyOps.includes('unwrapKey'),
    )
  );
}

const ATTACKED = [
  [DISKS, 'disk-web', 'version-disabled'],
  [DISKS, 'disk-app', 'key-deleted'],
  [SQL, 'disk-sql', 'version-operations-removed'],
  [SQL, 'disk-backup', 'version-disabled'],
] as const;
/** The attacked keys without an incident that was resolved. */
const unresolved = async (): Promise<readonly string[]> => {
  const resolved = (await incidents()).map(({ value }) => value).filter(({ state }) => state === 'resolved');
  return ATTACKED.map(([, key]) => key).filter((key) => !resolved.some((one) => keyOfIncident(one) === key));
};
const HINT = 'hint-of-the-later-version';

describe('a guardian that is upgraded in the middle of an attack, and taken back in the middle of the next', () => {
  it('has every key back, and fails and dead-letters nothing', { timeout: 4 * patient.timeout }, async () => {
    const slow = { kind: 'slow', ms: 3_000 } as const;
    const quickAgain = running.azure.fault({ match: { identity: 'keeper' }, answer: slow });
    const first = await deploy('this');
    await attacked(DISKS, 'disable', 'disk-web');
    await attacked(DISKS, 'delete', 'disk-app');
    await expect.poll(() => openIntents(DISKS, 'disk-web'), patient).toBe(1);
    await first.kill();

    const later = await deploy('later');
    await attacked(SQL, 'strip-operations', 'disk-sql');
    await expect.poll(() => isUsable(SQL, 'disk-sql'), patient).toBe(true);
    await expect.poll(async () => (await incidents()).some(isLater), patient).toBe(true);
    await attacked(SQL, 'disable', 'disk-backup');
    await expect.poll(() => openIntents(SQL, 'disk-backup'), patient).toBe(1);
    await later.kill();

    quickAgain();
    const says = { kind: 'later-reason', more: 1 };
    await queue(clients('RegisterStorage').queue('inspections')).send({
      v: 2,
      laterMember: 'later',
      subject: keyOf({ vault: DISKS, key: 'disk-db' }),
      hints: [{ id: HINT, sense: 'later-sense', sensedAt: new Date(), says }],
    });
    const back = await deploy('this');
    await expect.poll(() => ATTACKED.filter(([vault, key]) => !isUsable(vault, key)), patient).toEqual([]);
    // Where the killed guardian's write was done, it is alerted of once its claim has ended.
    await expect.poll(unresolved, patient).toEqual([]);
    await expect.poll(async () => (await linesOf(DISKS)).some((line) => line.includes(HINT)), patient).toBe(true);
    expect(await back.stop()).toMatchObject({ failures: [], poisoned: 0 });
    for (const name of queueNames)
      expect(await clients('RegisterStorage').queue(`${name}-poison`).exists()).toBe(false);
  });

  it('loses no incident: each attack has one, resolved by its undoing, and what only the later version finds stays open', async () => {
    const all = (await incidents()).map(({ value }) => value);
    for (const [, key, kind] of ATTACKED)
      expect(all.filter((one) => keyOfIncident(one) === key && one.kind === kind)).toMatchObject([
        { state: 'resolved', judgement: 'undone' },
      ]);
    const later = (await incidents()).filter(isLater);
    expect(later.map(({ value }) => keyOfIncident(value))).toContain('disk-sql');
    expect(later.map(({ value }) => value.state)).toEqual(later.map(() => 'open'));
    expect(all.filter(({ kind }) => kind === 'guardian-unwell')).toMatchObject([
      { reason: 'setting-misconfigured', summary: expect.stringContaining('KEY_GUARDIAN_LATER_SETTING') },
    ]);
  });

  it('keeps what the later version wrote into rows, also where this one changed them since', async () => {
    const row = z.object({ v: z.literal(2), laterColumn: z.object({ of: z.literal('later') }) });
    const later = (await incidents()).filter(isLater);
    const { keys, sweeps } = tables();
    const changed = [await keys.get(SQL, 'disk-sql'), await sweeps.get('sweep', SQL)];
    for (const one of [...later, ...changed]) expect(row.safeParse(one?.row.data).error).toBeUndefined();
  });

  it('has one trail, whose chain holds and verifies over the records of both versions', async () => {
    const names = [...new Set(await streamNames())];
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const name of names)
      expect([name, checkChain(await readLines(trail(), name), chainStart(name)).kind]).toEqual([name, 'holds']);
    const { records, faults } = await verifyTrail(trailBlobs(clients('TrailStorage').container('trail')));
    expect(faults).toEqual([]);
    expect(records).toBeGreaterThan(0);
    const lines = await linesOf(SQL);
    const last = lines.findLastIndex((line) => line.includes('"what":"later-record"'));
    expect(last).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(last + 1);
    expect(lines.filter((line) => line.includes('"error":"TrailBroken"'))).toEqual([]);
  });
});

const isLater = ({ value }: { readonly value: Incident }): boolean => value.kind === 'later-finding';

const trail = () => streams(clients('TrailStorage').container('trail'));
const streamNames = async (): Promise<readonly string[]> =>
  (await trail().list('')).map((blob) => blob.replace(/\.\d+\.jsonl$/, ''));
const linesOf = async (vault: string): Promise<readonly string[]> =>
  (
    await Promise.all(
      (await streamNames()).filter((name) => name.endsWith(`/${vault}`)).map((name) => readLines(trail(), name)),
    )
  ).flat();
