import hostJson from '../../host.json' with { type: 'json' };
import { seededRandom } from '../../local/azure/random.ts';
import { SETS as SET_TYPE, setMembers } from '../../local/azure/resource-manager/set-members.ts';
import type { Resource } from '../../local/azure/resource-manager/store.ts';
import { resetClock, stopClock, turnClock } from '../../local/clock.ts';
import { send } from '../../shared/alerts/send.ts';
import { inspection, inspectionFor } from '../../shared/domain/hint.ts';
import { alertMessage } from '../../shared/domain/incident.ts';
import type { KeyUser } from '../../shared/domain/key-use.ts';
import { scheduledMessage } from '../../shared/domain/schedule.ts';
import { keyOf } from '../../shared/domain/subject.ts';
import { surveyorMessage } from '../../shared/domain/survey.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/domain/time.ts';
import { vaultObject } from '../../shared/domain/vault-object.ts';
import { inspect } from '../../shared/guard/inspect.ts';
import { takeSets } from '../../shared/propagation/read-sets.ts';
import { SETS } from '../../shared/propagation/sets.ts';
import { takeScheduled } from '../../shared/senses/sweep/take-scheduled.ts';
import { watch } from '../../shared/senses/sweep/tick.ts';
import { managing } from '../local/azure/resource-manager/managed.ts';
import { clientOf } from '../simulation/client.ts';
import { type Composition, composition } from './composition.ts';
import { acceptAlike, alikeVaults } from './estate.ts';
import { atMost, exactly, type Figure, figure, type Measurement } from './figure.ts';
import { toFullMinute } from './scheduled.ts';

/** The share of executions that the platform kills: their messages are hidden for ten minutes. */
const KILLED = 0.005;
const HIDDEN_AFTER_KILL_SECONDS = 600;
const SUBSCRIPTION = '11111111-1111-4111-8111-111111111111';
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/bench`;
const TENANT = '5f0c1c9e-2b7d-4c53-8b0e-6d1f8a4e7c20';
/** The identity of the sets that may use their key, and that of those which may not. */
const ALLOWED = 'd15cd15c-0000-4000-8000-000000000001';
const UNKNOWN = 'd15cd15c-0000-4000-8000-000000000002';
/** Disks under sets slow the local Azure down: one in so many sets has one, and shows its previous key for five minutes. */
const WITH_DISK_IN_EACH = 10;
const REWRAP_MS = 5 * MINUTE_MS;

interface Size {
  readonly sets: number;
  readonly keys: number;
  /** Of the sets, how many never may use their key, how many follow after their hour, and how many are set back. */
  readonly stuck: number;
  readonly late: number;
  readonly reverted: number;
}

/**
 * 50 keys with 5,000 sets in one subscription, all rotated at the same moment: 4,800 sets follow within 5 to 50 minutes, 100
 * are stuck, 50 follow after 70 minutes, 50 are set back to the older version one to four minutes after they took the new one. On the
 * turned clock, second by second, with executions killed at the platform's rate. The last minute counts only where every
 * verdict equals what the local Azure shows at the end of the hour. Instances: the messages of the longest queue, hidden ones
 * included, divided by host.json's batchSize.
 */
export const propagation: Measurement = {
  names: [
    'propagation-last-verdict-minutes',
    'propagation-arm-429s',
    'propagation-reads-per-set',
    'propagation-instances-asked',
  ],
  measure: () => measurePropagation({ sets: 5_000, keys: 50, stuck: 100, late: 50, reverted: 50 }, KILLED),
};

/** @param killed the share of executions that end before a call of storage, drawn evenly */
export async function measurePropagation(size: Size, killed: number): Promise<readonly Figure[]> {
  stopClock();
  toFullMinute();
  const random = seededRandom(1);
  let callsLeft = Number.POSITIVE_INFINITY;
  const vaults = alikeVaults(Math.ceil(size.keys / 10), Math.min(10, size.keys));
  const keys = vaults.flatMap(({ name, keys: all = [] }) => all.map((key) => ({ vault: name, key: key.name })));
  const sets = Array.from({ length: size.sets }, (_, at) =>
    setOf(at, keys[at % keys.length] ?? { vault: '', key: '' }, size),
  );
  const running = composition({
    vaults: vaults.map((vault) => ({ ...vault, subscriptionId: SUBSCRIPTION, resourceGroup: 'bench' })),
    policy: { vaults: vaults.map(({ name }) => ({ name })) },
    more: {
      resources: sets.flatMap(({ resources }) => resources),
      identities: [
        {
          ...{ name: 'sets', kind: 'managed-identity', oid: ALLOWED, grants: [] },
          roles: [{ role: 'Key Vault Crypto Service Encryption User', scope: GROUP }],
        },
        {
          name: 'owner',
          kind: 'user',
          grants: [],
          roles: [{ role: 'Owner', scope: `/subscriptions/${SUBSCRIPTION}` }],
        },
      ],
      behaviours: { rewrapMs: REWRAP_MS, setFollowsAfterMs: { least: 5 * MINUTE_MS, longest: 45 * MINUTE_MS } },
    },
    async beforeStorage() {
      callsLeft -= 1;
      if (callsLeft < 0) throw new Error('the process is gone');
    },
  });
  const { azure, ports, queues } = running;
  try {
    await acceptAlike(
      vaults.map(({ name }) => name),
      ports,
    );
    for (const { vault, key } of keys)
      await ports.tables.uses.put(vault, key, {
        ...{ surveyedAt: ports.now(), machines: [], machineCount: 0, runningCount: 0, unknown: [] },
        users: sets.filter((set) => set.vault === vault && set.key === key).map(({ user }) => user),
      });
    await watch(ports);
    azure.clearLog();

    const begun = Date.now();
    const reverting = new Map<number, string[]>();
    for (const { fate, id, at } of sets) {
      if (fate === 'late') azure.resourceManager.paceSet(id, { followsAfterMs: 70 * MINUTE_MS });
      if (fate !== 'reverted') continue;
      const followsAfterMs = (5 + (at % 35)) * MINUTE_MS;
      azure.resourceManager.paceSet(id, { followsAfterMs });
      const second = (followsAfterMs + (1 + (at % 4)) * MINUTE_MS) / SECOND_MS;
      reverting.set(second, [...(reverting.get(second) ?? []), id]);
    }
    const client = clientOf(azure, 'attacker');
    for (const { vault, key } of keys) {
      await client.rotate(vault, key);
      const says = { kind: 'new-version' } as const;
      await ports.queues.inspections.send(
        inspectionFor(keyOf({ vault, key }), {
          id: ports.newId(),
          sense: 'key-vault-event',
          sensedAt: ports.now(),
          says,
        }),
      );
    }
    const owner = managing(azure, 'owner');
    const older = new Map(sets.map(({ id, keyUrl }) => [id, keyUrl]));
    let most = 0;
    const usual = { calls: 30 };
    for (let second = 0; second <= 3_600; second += 1) {
      azure.deliverDue();
      for (const id of reverting.get(second) ?? [])
        await owner('PATCH', `${id}?api-version=2024-03-02`, {
          properties: { activeKey: { keyUrl: older.get(id) }, rotationToLatestKeyVersionEnabled: false },
        });
      if (second % 30 === 0) await watch(ports);
      most = Math.max(most, ...Object.values(queues).map(({ messages }) => messages.length));
      await takeVisible(running, async (queue, message, take) => {
        const isKilled = random.next() < killed;
        const given = isKilled ? Math.floor(random.next() * usual.calls) : Number.MAX_SAFE_INTEGER;
        callsLeft = given;
        try {
          await take();
        } catch (error) {
          if (!isKilled) throw error;
        }
        const used = given - callsLeft;
        callsLeft = Number.POSITIVE_INFINITY;
        if (isKilled) await queues[queue].send(message, HIDDEN_AFTER_KILL_SECONDS);
        else if (queue === 'surveys') usual.calls = used;
      });
      turnClock(SECOND_MS);
    }
    return figuresOf(running, sets, begun, most);
  } finally {
    resetClock();
  }
}

/** A set of the estate, with what becomes of it. */
function setOf(at: number, { vault, key }: { readonly vault: string; readonly key: string }, size: Size) {
  const { stuck, late, reverted } = size;
  const fate =
    at < stuck ? 'stuck' : at < stuck + late ? 'late' : at < stuck + late + reverted ? 'reverted' : 'follows';
  const name = `des-${at}`;
  const id = `${GROUP}/providers/${SET_TYPE}/${name}`;
  // The newer of the two versions that the keys of the bench have, as `alikeVaults` names them.
  const version = (Number(key.split('-')[1]) * 2 + 2).toString(16).padStart(32, '0');
  const keyUrl = `https://${vault}.vault.azure.net/keys/${key}/${version}`;
  const located = { location: 'westeurope' };
  const set: Resource = {
    ...{ id, name, type: SET_TYPE, ...located },
    identity: { type: 'SystemAssigned', principalId: fate === 'stuck' ? UNKNOWN : ALLOWED, tenantId: TENANT },
    properties: {
      activeKey: { keyUrl },
      encryptionType: 'EncryptionAtRestWithCustomerKey',
      rotationToLatestKeyVersionEnabled: true,
      provisioningState: 'Succeeded',
    },
  };
  const disk: Resource = {
    ...{ id: `${GROUP}/providers/Microsoft.Compute/disks/${name}`, name, type: 'Microsoft.Compute/disks', ...located },
    properties: { encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: id } },
  };
  const user: KeyUser = {
    ...{ kind: 'disk-encryption-set', id: id.toLowerCase(), name, versions: [version], follows: true },
    ...{ objectIds: [ALLOWED], disks: 1, snapshots: 0, images: 0 },
  };
  return { at, fate, id, vault, key, keyUrl, user, resources: at % WITH_DISK_IN_EACH === 0 ? [set, disk] : [set] };
}
type BenchSet = ReturnType<typeof setOf>;

type QueueName = keyof Composition['queues'];
type Run = (queue: QueueName, message: unknown, take: () => Promise<void>) => Promise<void>;

/** Takes what is visible now, one message after the other. Surveys and readings of vaults are left out: they would ask for what this estate does not show. */
async function takeVisible({ ports, queues }: Composition, run: Run): Promise<void> {
  for (const message of queues.inspections.take())
    await run('inspections', message, () => inspect(inspection.parse(message), ports));
  for (const message of queues.surveys.take()) {
    const asked = surveyorMessage.parse(message);
    if ('kind' in asked && asked.kind !== 'read-access') await run('surveys', message, () => takeSets(asked, ports));
  }
  for (const message of queues.sweeps.take())
    await run('sweeps', message, () => takeScheduled(scheduledMessage.parse(message), ports));
  for (const message of queues.alerts.take())
    await run('alerts', message, () => send(alertMessage.parse(message), ports, console));
}

/** What the local Azure shows of a set once its hour is over, as a verdict. */
function shownAs({ azure }: Composition, { id, keyUrl }: BenchSet, begunMs: number): string {
  const resource = azure.resourceManager.resources.get(id);
  if (resource === undefined) return 'gone';
  const { properties } = setMembers.parse(resource);
  const { activeKey, previousKeys, autoKeyRotationError, lastKeyRotationTimestamp } = properties;
  if (autoKeyRotationError !== undefined) return 'stuck';
  const isOlder = vaultObject(activeKey?.keyUrl ?? '')?.version === vaultObject(keyUrl)?.version;
  if (!isOlder) return previousKeys === undefined ? 'followed' : 'late';
  return Date.parse(String(lastKeyRotationTimestamp ?? '')) >= begunMs ? 'reverted' : 'late';
}

async function figuresOf(
  running: Composition,
  sets: readonly BenchSet[],
  begunMs: number,
  most: number,
): Promise<readonly Figure[]> {
  const { azure, ports } = running;
  const rows = new Map((await ports.tables.sets.list(SETS)).stored.map(({ value }) => [value.id, value]));
  const minutes = sets.map((set) => {
    const row = rows.get(set.id.toLowerCase());
    const isRight = row?.verdict.kind === shownAs(running, set, begunMs);
    return row === undefined || !isRight ? Number.NaN : (row.since.getTime() - row.from.getTime()) / MINUTE_MS;
  });
  const reads = azure.resourceManager.log.filter(({ identity }) => identity === 'surveyor');
  return [
    figure('propagation-last-verdict-minutes', Math.max(...minutes), 'minutes', atMost(60)),
    figure('propagation-arm-429s', reads.filter(({ status }) => status === 429).length, 'answers', exactly(0)),
    figure('propagation-reads-per-set', reads.length / sets.length, 'reads', atMost(8)),
    figure(
      'propagation-instances-asked',
      Math.ceil(most / hostJson.extensions.queues.batchSize),
      'instances',
      atMost(4),
    ),
  ];
}
