import { createHash } from 'node:crypto';
import { NO_VAULT } from '../domain/audit-record.ts';
import { loosenings } from '../domain/loosening.ts';
import { guardedVaults, keyPolicy, type Policy, policy as policySchema } from '../domain/policy.ts';
import { incidentId } from '../incidents/draft.ts';
import { policyLoosened } from '../incidents/kinds/policy-loosened.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readSoundKeys } from '../register/keys.ts';
import { entry } from '../trail/entries.ts';

/** Where the policy that was last seen stands, in the table of vaults. */
const SEEN = ['policy', 'seen'] as const;

/**
 * Holds the policy against the one that was last seen: a change is in the trail, and what is guarded less well than before
 * is told to everyone. Incidents of what is not guarded any more end. Once a change, whoever looks and however often.
 */
export async function tellPolicyChange(ports: Ports): Promise<void> {
  const { policy: after, tables, now } = ports;
  const seen = await tables.vaults.get(...SEEN);
  if (seen === undefined) {
    await tables.vaults.insert(...SEEN, after);
    return;
  }
  const before = policySchema.safeParse(seen.data);
  if (before.success && JSON.stringify(before.data) === JSON.stringify(after)) return;
  // One of another form cannot be held against this one: only that it changed is known.
  if (before.success) {
    const keys = await knownKeys(before.data, ports);
    const loosened = loosenings(before.data, after, (vault) => keys.get(vault) ?? []);
    if (loosened.length > 0) {
      const draft = policyLoosened.draft(loosened, now());
      const id = incidentId({ ...draft, since: new Date(0) }, seen.etag);
      await openIncident(draft, ports, id);
    }
    await endUnguarded(keys, ports);
    const sha256 = createHash('sha256').update(JSON.stringify(after)).digest('hex');
    await ports.trail.append(NO_VAULT, [entry('policy', { vault: NO_VAULT }, { loosened, sha256 }, ports)]);
  }
  // Last: where we end before it, all of it is done again, and told once.
  await tables.vaults.replace(seen, after);
}

async function knownKeys(before: Policy, { tables }: Ports): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys = new Map<string, readonly string[]>();
  for (const vault of guardedVaults(before))
    keys.set(vault, [...(await readSoundKeys(tables.keys, vault)).rows.keys()]);
  return keys;
}

/** Nobody looks any more at what is not guarded: its incidents would stay open for ever. */
async function endUnguarded(keys: ReadonlyMap<string, readonly string[]>, ports: Ports): Promise<void> {
  const vaults = new Set(guardedVaults(ports.policy));
  for (const [vault, names] of keys) {
    const left = names.filter((key) => !keyPolicy(ports.policy, vault, key).guarded).map((key) => ({ vault, key }));
    for (const where of vaults.has(vault) ? left : [{ vault }, ...left])
      await endIncidents(where, ({ state }) => state === 'open', 'not guarded any more', ports);
  }
}
