import { auditRecord, type ServedCall } from '../../local/azure/key-vault/audit-record.ts';
import { type KeyVersion, type Vault, vaultFromSeed } from '../../local/azure/key-vault/store.ts';
import { type Random, seededRandom } from '../../local/azure/random.ts';
import type { Identity, OperationName } from '../../local/azure/types.ts';
import { type Policy, policy as policySchema } from '../../shared/domain/policy.ts';
import { NOT_SURVEYED } from '../../shared/domain/survey.ts';
import { inspectionsFromAuditLog } from '../../shared/senses/audit-log.ts';
import { composition } from './composition.ts';
import { alikeVaults } from './estate.ts';
import { atMost, type Figure, figure, type Measurement, timesAsLong } from './figure.ts';

/** One record in so many says something: a version disabled by somebody, an unwrap refused, in turns. */
const ONE_TELLS_IN = 100;

/**
 * What making hints costs beside reading the messages at all: decoding, parsing, validating and making hints, over
 * decoding and `JSON.parse` alone. 10 Event Hub messages of 100 `AuditEvent` records each, as the local Azure writes them,
 * 99 in 100 of them wraps and unwraps by known users, whose claims come in both spellings. Both are run in turns many times; the medians are compared.
 */
export const hintsOverJsonParse: Measurement = {
  names: ['hints-over-json-parse'],
  measure: async () => [measureHints({ messages: 10, recordsInEach: 100, runs: 400 })],
};

/** @param size `runs` counts the runs of each of the two, a tenth of them before any is measured */
export function measureHints(size: {
  readonly messages: number;
  readonly recordsInEach: number;
  readonly runs: number;
}): Figure {
  const { messages, policy } = auditMessages(size.messages, size.recordsInEach);
  const settings = { policy, surveyed: NOT_SURVEYED, ownObjectIds: [], now: new Date(AT) };
  let heard = 0;
  let read = 0;
  const times = timesAsLong(
    () => {
      heard += inspectionsFromAuditLog(messages, settings).inspections.length;
    },
    () => {
      for (const message of messages) read += Object.keys(JSON.parse(message.toString('utf8'))).length;
    },
    size.runs,
  );
  if (heard === 0 || read === 0) throw new Error('The messages told nothing: what was measured is not the work.');
  return figure('hints-over-json-parse', times, 'times', atMost(1.5));
}

/** 2 March 2026, noon. */
const AT = Date.UTC(2026, 2, 2, 12);

/** Event Hub messages as bytes, and the policy that names their users as known. */
export function auditMessages(
  count: number,
  recordsInEach: number,
): { readonly messages: readonly Buffer[]; readonly policy: Policy } {
  const random = seededRandom(1);
  const seeds = alikeVaults(2, 10);
  const { azure } = composition({ vaults: [], policy: { vaults: [{ name: 'bench-000' }] } });
  const { tenantId } = azure;
  const vaults = seeds.map((seed) => vaultFromSeed(seed, { tenantId, random }));
  const disks = Array.from({ length: 20 }, (_, at) =>
    azure.addIdentity({ name: `des-${at}`, kind: at % 4 < 2 ? 'managed-identity' : 'application', grants: [] }),
  );
  const attacker = azure.identities.get('attacker');
  const record = (at: number): unknown => {
    const call = (identity: Identity | undefined, operation: OperationName, status: number): unknown =>
      auditRecord(servedCall(vaults, { identity, operation, status, at, random }), azure.behaviours, {
        random,
        ids: random,
      });
    if (at % ONE_TELLS_IN === ONE_TELLS_IN - 1)
      return at % (2 * ONE_TELLS_IN) < ONE_TELLS_IN
        ? call(attacker, 'update', 200)
        : call(disks[at % disks.length], 'unwrapkey', 403);
    return call(disks[at % disks.length], at % 2 === 0 ? 'wrapkey' : 'unwrapkey', 200);
  };
  const messages = Array.from({ length: count }, (_, message) =>
    Buffer.from(
      JSON.stringify({
        records: Array.from({ length: recordsInEach }, (__, at) => record(message * recordsInEach + at)),
      }),
    ),
  );
  const knownUsers = disks.map(({ oid }) => oid);
  return { messages, policy: policySchema.parse({ vaults: seeds.map(({ name }) => ({ name, knownUsers })) }) };
}

interface Served {
  readonly identity: Identity | undefined;
  readonly operation: OperationName;
  readonly status: number;
  readonly at: number;
  readonly random: Random;
}

function servedCall(vaults: readonly Vault[], { identity, operation, status, at, random }: Served): ServedCall {
  const vault = chosen(vaults, random);
  const key = chosen([...vault.keys.values()], random);
  const version: KeyVersion = chosen(key.versions, random);
  const path = operation === 'update' ? '' : `/${operation}`;
  const url = new URL(`${vault.origin}/keys/${key.name}/${version.id}${path}?api-version=7.5`);
  return {
    vault,
    request: {
      method: operation === 'update' ? 'PATCH' : 'POST',
      url: url.href,
      headers: { 'x-ms-client-request-id': random.uuid(), 'user-agent': 'Microsoft.Azure.Security.KeyVault/1.0' },
      body: '',
      address: '20.86.93.25',
    },
    url,
    operation,
    unserved: undefined,
    identity,
    key: key.name,
    askedVersion: version.id,
    version,
    algorithm: operation === 'update' ? undefined : 'RSA-OAEP-256',
    status,
    description: status === 200 ? '' : 'Caller is not authorized to perform action on resource.',
    assignmentId: status === 200 ? random.uuid() : undefined,
    authorized: status === 200,
    receivedMs: AT + at * 10,
    durationMs: 12,
  };
}

function chosen<T>(from: readonly T[], random: Random): T {
  const one = from[Math.floor(random.next() * from.length)];
  if (one === undefined) throw new Error('There is nothing to choose from.');
  return one;
}
