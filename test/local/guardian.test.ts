import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CryptographyClient } from '@azure/keyvault-keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { attack } from '../../local/attacks.ts';
import type { KeyState } from '../../local/azure/types.ts';
import { daysAgo, startEstate } from '../../local/estate.ts';
import { type LocalGuardian, startLocalGuardian } from '../../local/guardian.ts';
import { credentialOf, findLocalAzure, outsideClient, outsideConnection } from '../../local/outside-client.ts';
import { queue } from '../../shared/azure/queues.ts';
import { storageClients } from '../../shared/azure/storage-clients.ts';
import { streams } from '../../shared/azure/streams.ts';
import { keyOf, type Subject } from '../../shared/domain/subject.ts';
import { readBaseline } from '../../shared/register/vaults.ts';
import { readRecords } from '../../shared/trail/read.ts';

const VAULT = 'contoso-disks';
/** Keys that both guardians work on, beside those of `npm start`. */
const SHARED = Array.from({ length: 8 }, (_, number) => `shared-${number}`);
const ACTS = ['disable', 'expire', 'not-before', 'strip-operations'] as const;
const patient = { timeout: 45_000, interval: 50 };
/** Messages for each shared key: together more than one guardian takes at once. */
const INSPECTIONS = 3;
/** For what two processes do against each other, on a machine that is busy with others. */
const veryPatient = { timeout: 150_000, interval: 100 };

let folder = '';
let running: LocalGuardian;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-'));
  const estate = startEstate();
  const [first, ...others] = estate.vaults;
  if (first === undefined) throw new Error('The estate has no vault.');
  const versions = [{ created: daysAgo(90), updated: daysAgo(90), keyOps: ['wrapKey', 'unwrapKey'] as const }];
  const vault = { ...first, keys: [...(first.keys ?? []), ...SHARED.map((name) => ({ name, versions }))] };
  running = await startLocalGuardian({
    estate: { ...estate, vaults: [vault, ...others] },
    folder,
    sweepSeconds: 2,
    write: () => {},
  });
});
afterAll(async () => {
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

const register = () =>
  storageClients({ kind: 'connection-string', value: running.guardian.settings.RegisterStorage ?? '' });
const portOf = () => Number(new URL(running.vaultUrl(VAULT)).port);

describe('a local guardian', () => {
  it('says where it is in azure.json, in exactly the documented shape', async () => {
    const about = z
      .strictObject({
        vaults: z.array(z.strictObject({ name: z.string(), url: z.string() })),
        caFile: z.string(),
        identities: z.array(z.strictObject({ name: z.string(), token: z.string().min(100) })),
      })
      .parse(JSON.parse(await readFile(join(folder, 'azure.json'), 'utf8')));
    expect(about.vaults).toEqual(
      ['contoso-disks', 'contoso-sql', 'contoso-dev', 'contoso-legacy'].map((name) => ({
        name,
        url: `https://${name}.vault.azure.net:${portOf()}`,
      })),
    );
    expect(await readFile(about.caFile, 'utf8')).toContain('BEGIN CERTIFICATE');
    expect(about.identities.map(({ name }) => name)).toEqual([
      'owner',
      'attacker',
      'approver',
      'stranger',
      'des-disk-web',
      'des-disk-app',
      'des-disk-db',
      'des-disk-sql',
      'contosobackups',
      'des-dev-web',
      'contoso-dev-sql',
      'des-disk-archive',
    ]);
  });

  it('keeps the guardian’s own tokens out of every file of its folder', async () => {
    const tokens = ['watcher', 'keeper'].map((name) => running.azure.identities.get(name)?.token ?? '');
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
    );
    expect(texts.length).toBeGreaterThanOrEqual(4);
    for (const token of tokens) {
      expect(token.length).toBeGreaterThan(100);
      expect(texts.filter((text) => text.includes(token))).toEqual([]);
    }
  });

  it('has an accepted baseline of every vault from the moment azure.json is there', async () => {
    const { tables, policy } = running.guardian.ports;
    const states = await Promise.all(policy.vaults.map(({ name }) => readBaseline(tables, name)));
    expect(states.map((state) => state?.state)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(policy.vaults.map(({ mode }) => mode)).toEqual(['block', 'block', 'alert']);
  });

  it('brings a key back that an outside client disables, proven by wrap and unwrap under the disk’s identity', async () => {
    const address = await findLocalAzure(folder);
    const { url, ...connection } = (await outsideConnection(address))(VAULT);
    const credential = credentialOf(address, 'des-disk-web');
    const disk = new CryptographyClient(`${url}/keys/disk-web/${versionOf('disk-web')}`, credential, {
      ...connection,
      retryOptions: { maxRetries: 0 },
    });
    const dataKey = randomBytes(32);
    const { result: stored } = await disk.wrapKey('RSA-OAEP-256', dataKey);

    // The guardian's write takes its time, so that the disk is seen to fail before, also on a busy machine.
    const quickAgain = running.azure.fault({
      match: { identity: 'keeper', key: 'disk-web', operation: 'update' },
      answer: { kind: 'slow', ms: 3_000 },
    });
    await attack('disable', await outsideClient(address, VAULT, 'attacker'), 'disk-web');
    await expect(disk.unwrapKey('RSA-OAEP-256', stored)).rejects.toMatchObject({ statusCode: 403 });
    quickAgain();
    await expect.poll(() => isUsable(running.azure.state(VAULT, 'disk-web')), patient).toBe(true);
    expect(Buffer.from((await disk.unwrapKey('RSA-OAEP-256', stored)).result)).toEqual(dataKey);
    const { result: again } = await disk.wrapKey('RSA-OAEP-256', dataKey);
    expect(Buffer.from((await disk.unwrapKey('RSA-OAEP-256', again)).result)).toEqual(dataKey);
  });
});

describe('two guardians in two processes', () => {
  let second: ChildProcess;
  /** Sends to the second guardian, and gives its answer. */
  const asked = async (said: object): Promise<unknown> => {
    const answered = once(second, 'message');
    second.send(said);
    const [answer] = await answered;
    return answer;
  };
  /** Which of the shared keys the second guardian's requests named, once a request. */
  const sharedIn = (answer: unknown): readonly string[] =>
    z
      .object({ keys: z.array(z.string()) })
      .parse(answer)
      .keys.filter((key) => SHARED.includes(key));

  beforeAll(async () => {
    second = fork(fileURLToPath(new URL('./second-guardian.ts', import.meta.url)), { execArgv: [] });
    const token = (name: string) => running.azure.identities.get(name)?.token ?? '';
    const tokens = { watcher: token('watcher'), keeper: token('keeper') };
    await asked({ kind: 'start', folder, port: portOf(), tokens });
  }, veryPatient.timeout);
  afterAll(() => {
    second.kill();
  });

  it('come to the same end as one: each act undone by one write and told as one incident', {
    timeout: 3 * veryPatient.timeout,
  }, async () => {
    running.azure.clearLog();
    const undo = running.azure.fault({ match: { identity: 'keeper' }, answer: { kind: 'slow', ms: 100 } });
    const attacker = await outsideClient(await findLocalAzure(folder), VAULT, 'attacker');
    const inspections = queue(register().queue('inspections'));
    const inspect = (key: string) => inspections.send({ subject: keyOf({ vault: VAULT, key }), hints: [], attempt: 0 });
    await Promise.all(
      SHARED.map(async (key, number) => {
        await attack(ACTS[number % ACTS.length] ?? 'disable', attacker, key);
        await Promise.all(Array.from({ length: INSPECTIONS }, () => inspect(key)));
      }),
    );
    await expect
      .poll(() => SHARED.filter((key) => !isUsable(running.azure.state(VAULT, key))), veryPatient)
      .toEqual([]);
    // Where the first was so fast that the second has not inspected anything yet, it gets another chance to do harm.
    await expect
      .poll(async () => {
        const inspected = sharedIn(await asked({ kind: 'asked' }));
        if (inspected.length === 0) await Promise.all(SHARED.map(inspect));
        return inspected;
      }, veryPatient)
      .not.toEqual([]);
    await expect.poll(() => waitingIn('inspections'), veryPatient).toBe(0);
    await expect
      .poll(async () => (await incidentsOf(SHARED)).filter(({ state }) => state !== 'resolved'), veryPatient)
      .toEqual([]);
    undo();

    const stopped = await asked({ kind: 'stop' });
    const byBoth = running.azure.log.filter(
      ({ identity, key }) => (identity === 'watcher' || identity === 'keeper') && SHARED.includes(key ?? ''),
    ).length;
    const bySecond = sharedIn(stopped).length;
    expect(bySecond).toBeGreaterThan(0);
    expect(byBoth - bySecond).toBeGreaterThan(0);

    const writes = running.azure.log.filter(({ identity, changed }) => identity === 'keeper' && changed);
    expect(writes.map(({ key }) => key).toSorted()).toEqual(SHARED.toSorted());
    const incidents = await incidentsOf(SHARED);
    expect(incidents.map(({ subject }) => keyIn(subject)).toSorted()).toEqual(SHARED.toSorted());
    expect(incidents.every(({ judgement }) => judgement === 'undone')).toBe(true);
    expect(stopped).toMatchObject({ failures: [], poisoned: 0 });
    expect(running.host?.failures).toEqual([]);
  });

  it('write one trail: its chain holds, and each act was undone by one intent that has its outcome', async () => {
    const value = running.guardian.settings.TrailStorage ?? '';
    const trail = streams(storageClients({ kind: 'connection-string', value }).container('trail'));
    const days = new Set((await trail.list('audit/')).map((name) => name.split('/')[1] ?? ''));
    const records = (await Promise.all([...days].map((day) => readRecords(trail, `audit/${day}/${VAULT}`)))).flat();
    const of = (what: string) =>
      records
        .filter((record) => record.what === what && SHARED.includes(keyIn(record.subject)))
        .map(({ subject, detail }) => ({ key: keyIn(subject), ...named.parse(detail) }));
    const outcomes = of('outcome');
    // A write that took too long has failed and was tried again, under an intent of its own.
    const intents = of('intent').map(({ intent }) => intent);
    expect(new Set(outcomes.map(({ intent }) => intent))).toEqual(new Set(intents));
    const done = outcomes.filter(({ kind }) => kind === 'done');
    expect(done.map(({ key }) => key).toSorted()).toEqual(SHARED.toSorted());
  });
});

/** The key that a subject is, or is a version of; '' where it is neither. */
const keyIn = (subject: Subject): string => ('key' in subject ? subject.key : '');

const named = z.object({ intent: z.string(), kind: z.string().optional() });

function versionOf(key: string): string {
  const state = running.azure.state(VAULT, key);
  return state.kind === 'present' ? (state.versions[0]?.version ?? '') : '';
}

function isUsable(state: KeyState): boolean {
  const now = Date.now() / 1000;
  return (
    state.kind === 'present' &&
    state.versions.every(
      ({ enabled, nbf = 0, exp = Number.POSITIVE_INFINITY, keyOps }) =>
        enabled && nbf <= now && exp > now && keyOps.includes('wrapKey') && keyOps.includes('unwrapKey'),
    )
  );
}

const waitingIn = async (name: string): Promise<number | undefined> =>
  (await register().queue(name).getProperties()).approximateMessagesCount;

const incidentsOf = async (keys: readonly string[]) =>
  (await running.guardian.ports.tables.incidents.list()).stored
    .map(({ value }) => value)
    .filter(({ subject }) => keys.includes(keyIn(subject)));
