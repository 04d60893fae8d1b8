/** The real functions on the local host, over Azurite and the local Azure: one guardian a test file, since a process has one app. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { resetClock, stopClock } from '../../local/clock.ts';
import { approvers, daysAgo, type Estate, people } from '../../local/estate.ts';
import { type LocalGuardian, type LocalOptions, startLocalGuardian } from '../../local/guardian.ts';
import type { Host } from '../../local/host/host.ts';
import { queue } from '../../shared/azure/queues.ts';
import { type StorageClients, storageClients } from '../../shared/azure/storage-clients.ts';
import { streams } from '../../shared/azure/streams.ts';
import type { AuditRecord } from '../../shared/domain/audit-record.ts';
import type { Incident } from '../../shared/domain/incident.ts';
import { GUARDIAN, streamOf } from '../../shared/domain/subject.ts';
import { readRecords } from '../../shared/trail/read.ts';
import { type Client, clientOf } from '../simulation/client.ts';
import { type DiskUse, diskUnder } from '../simulation/disk.ts';

/** In `block`. */
export const VAULT = 'contoso-disks';
/** Where the guardian records and tells of itself. */
export const OWN = streamOf(GUARDIAN);
const HOUR_MS = 3_600_000;
const DISK = 'd15cd15c-0000-4000-8000-000000000001';

/** Sweeps are five minutes apart and audit records an hour late: nothing comes by itself while a test looks. */
const quiet = { sweepSeconds: 300, behaviours: { auditDelayMs: HOUR_MS, eventDelayMs: HOUR_MS, settleMs: 0 } } as const;

export interface Guarded {
  running(): LocalGuardian;
  host(): Host;
  /** Somebody's client of the vaults. */
  as(identity: string): Client;
  /** A disk under the key's only version: what the service answers to wrap and to unwrap. */
  disk(key: string): Promise<() => Promise<DiskUse>>;
  /** Everything in the trail of a vault, or of the guardian itself, its chain checked. */
  records(of: string): Promise<readonly AuditRecord[]>;
  /** Every incident of a vault and its keys, or of the guardian itself, open and resolved. */
  incidents(of: string): Promise<readonly Incident[]>;
  /** Whether a channel has accepted the alert of an incident as it stands. */
  isTold(incident: Incident | undefined): Promise<boolean>;
  /** Puts a message into a queue of the guardian. */
  send(queueName: string, message: unknown): Promise<void>;
  /** Reads what was quarantined. */
  quarantined(name: string): Promise<string | undefined>;
}

/**
 * A guardian over a vault `contoso-disks` with these keys, each of one version, the same for all tests of the file. The clock
 * stands still but for `advance`, so that a busy machine makes nothing due. When
 * they have ended, no function may have failed and no message been dead-lettered.
 */
export function guarded(keys: readonly string[], more: Partial<LocalOptions> = {}): Guarded {
  let running: LocalGuardian | undefined;
  let folder = '';
  const up = (): LocalGuardian => {
    if (running === undefined) throw new Error('The guardian is started before the first test.');
    return running;
  };
  const host = (): Host => {
    const { host: hosting } = up();
    if (hosting === undefined) throw new Error('The guardian runs unguarded.');
    return hosting;
  };
  const clients = (account: 'RegisterStorage' | 'TrailStorage'): StorageClients =>
    storageClients({ kind: 'connection-string', value: up().guardian.settings[account] ?? '' });

  beforeAll(async () => {
    stopClock();
    folder = await mkdtemp(join(tmpdir(), 'key-guardian-functions-'));
    running = await startLocalGuardian({ estate: estateOf(keys), folder, write: () => {}, ...quiet, ...more });
    await host().idle();
  });
  afterAll(async () => {
    await running?.stop();
    resetClock();
    await rm(folder, { recursive: true, force: true });
    expect(running?.host?.failures).toEqual([]);
    expect(running?.host?.poisoned).toEqual([]);
  });

  const records: Guarded['records'] = async (of) => {
    const trail = streams(clients('TrailStorage').container('trail'));
    const days = new Set((await trail.list('audit/')).map((name) => name.split('/')[1] ?? ''));
    const all = await Promise.all([...days].map((day) => readRecords(trail, `audit/${day}/${of}`)));
    return all.flat();
  };

  return {
    running: up,
    host,
    as: (identity) => clientOf(up().azure, identity),
    disk: (key) => {
      const state = up().azure.state(VAULT, key);
      const version = state.kind === 'present' ? (state.versions[0]?.version ?? '') : '';
      return diskUnder(up().azure, VAULT, key, version);
    },
    records,
    async incidents(of) {
      const { stored } = await up().guardian.ports.tables.incidents.list();
      return stored.map(({ value }) => value).filter(({ subject }) => streamOf(subject) === of);
    },
    async isTold(incident) {
      if (incident === undefined) return false;
      return (await records(streamOf(incident.subject))).some(
        ({ what, detail }) =>
          what === 'alert' &&
          detail.outcome === 'accepted' &&
          detail.incident === incident.id &&
          detail.revision === incident.revision,
      );
    },
    send: (queueName, message) => queue(clients('RegisterStorage').queue(queueName)).send(message),
    quarantined: (name) => up().guardian.ports.quarantine.read(name),
  };
}

/** An estate of one vault with these keys. */
export function estateOf(keys: readonly string[]): Estate {
  const versions = [{ created: daysAgo(90), updated: daysAgo(90), keyOps: ['wrapKey', 'unwrapKey'] as const }];
  const diskActions = ['read', 'wrap/action', 'unwrap/action'].map(
    (action) => `Microsoft.KeyVault/vaults/keys/${action}`,
  );
  return {
    vaults: [{ name: VAULT, region: 'westeurope', keys: keys.map((name) => ({ name, versions })) }],
    identities: [
      ...people,
      { name: 'disk', kind: 'managed-identity', oid: DISK, grants: [{ vault: VAULT, dataActions: diskActions }] },
    ],
    policy: {
      vaults: [{ name: VAULT, mode: 'block', knownUsers: [DISK], approvers }],
      channels: ['webhook', 'console'],
    },
  };
}
