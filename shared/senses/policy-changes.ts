import { createHash } from 'node:crypto';
import { loosenings } from '../domain/loosening.ts';
import { guardedVaults, keyPolicy, type Policy } from '../domain/policy.ts';
import { GUARDIAN, keyOf, vaultSubject } from '../domain/subject.ts';
import { RowUnreadable } from '../errors.ts';
import { incidentId } from '../incidents/draft.ts';
import { policyLoosened } from '../incidents/kinds/policy-loosened.ts';
import { quarantineRows } from '../incidents/quarantine.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKeys } from '../register/keys.ts';
import { entry } from '../trail/entries.ts';

/** Where the policy that was last seen stands. */
const SEEN = ['policy', 'seen'] as const;

/** The hash by which `status` and the trail name a policy: the first 12 hex digits of the SHA-256 over its JSON. */
export const policyHash = (policy: Policy): string =>
  createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 12);

/** The policy that the running guardian saw last; `undefined` where none has run. Throws `RowUnreadable`. */
export const readSeenPolicy = async ({ tables }: Pick<Ports, 'tables'>): Promise<Policy | undefined> =>
  (await tables.policies.get(...SEEN))?.value;

/**
 * Holds the policy against the one that was last seen: a change is in the trail, and what is guarded less well than before
 * is alerted to everyone. Incidents of what is not guarded any more end. Once a change, however often it is compared.
 */
export async function alertPolicyChange(ports: Ports): Promise<void> {
  const { policy: after, tables, now } = ports;
  const seen = await tables.policies.get(...SEEN).catch(async (error: unknown) => {
    // One of another form cannot be held against this one: only that it changed is known.
    if (!(error instanceof RowUnreadable)) throw error;
    await quarantineRows([error], ports);
    return tables.policies.put(...SEEN, after);
  });
  if (seen === undefined) {
    await tables.policies.insert(...SEEN, after);
    return;
  }
  const before = seen.value;
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const keys = await knownKeys(before, ports);
  const loosened = loosenings(before, after, (vault) => keys.get(vault) ?? []);
  if (loosened.length > 0) {
    const draft = policyLoosened.draft(loosened, now());
    await openIncident(draft, ports, incidentId({ ...draft, since: new Date(0) }, seen.row.etag));
  }
  await endUnguarded(keys, ports);
  await ports.trail.append([entry('policy', GUARDIAN, { loosened, hash: policyHash(after) }, ports)]);
  // Last: where we end before it, all of it is done again, and alerted once.
  await tables.policies.replace(seen, after);
}

async function knownKeys(before: Policy, { tables }: Ports): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys = new Map<string, readonly string[]>();
  for (const vault of guardedVaults(before)) keys.set(vault, [...(await readKeys(tables.keys, vault)).known.keys()]);
  return keys;
}

/** Nobody inspects what is not guarded any more: its incidents would stay open for ever. */
async function endUnguarded(keys: ReadonlyMap<string, readonly string[]>, ports: Ports): Promise<void> {
  const vaults = new Set(guardedVaults(ports.policy));
  for (const [vault, names] of keys) {
    const left = names
      .filter((key) => !keyPolicy(ports.policy, vault, key).guarded)
      .map((key) => keyOf({ vault, key }));
    for (const subject of vaults.has(vault) ? left : [vaultSubject(vault), ...left])
      await endIncidents(subject, ({ state }) => state === 'open', 'not guarded any more', ports);
  }
}
