import { loosenings } from '../domain/loosening.ts';
import { guardedVaults, keyPolicy, type Policy, policyHash } from '../domain/policy.ts';
import { GUARDIAN, keyOf, vaultSubject } from '../domain/subject.ts';
import { RowUnreadable } from '../errors.ts';
import { incidentId } from '../incidents/draft.ts';
import { policyLoosened } from '../incidents/kinds/policy-loosened.ts';
import { quarantineRows } from '../incidents/quarantine.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKeys } from '../register/keys.ts';
import { entry } from '../trail/entries.ts';

/** The row of the policy that the guardian ran by last. */
const LAST_RUN = ['policy', 'last-run'] as const;

/** The policy that the guardian ran by last; `undefined` where it has never run. Throws `RowUnreadable`. */
export const readLastPolicy = async ({ tables }: Pick<Ports, 'tables'>): Promise<Policy | undefined> =>
  (await tables.policies.get(...LAST_RUN))?.value;

/**
 * Compares the policy with the one that the guardian ran by last. A change is recorded; everyone is alerted of what it
 * guards less well; incidents of what is no longer guarded end. Each change is handled once, however often it is compared.
 */
export async function alertPolicyChange(ports: Ports): Promise<void> {
  const { policy: after, tables, now } = ports;
  const last = await tables.policies.get(...LAST_RUN).catch(async (error: unknown) => {
    // A row that cannot be read cannot be compared: it is quarantined, and replaced by the policy of now.
    if (!(error instanceof RowUnreadable)) throw error;
    await quarantineRows([error], ports);
    return tables.policies.put(...LAST_RUN, after);
  });
  if (last === undefined) {
    await tables.policies.insert(...LAST_RUN, after);
    return;
  }
  const before = last.value;
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const keys = await knownKeys(before, ports);
  const loosened = loosenings(before, after, (vault) => keys.get(vault) ?? []);
  if (loosened.length > 0) {
    const draft = policyLoosened.draft(loosened, now());
    await openIncident(draft, ports, incidentId({ ...draft, since: new Date(0) }, last.row.etag));
  }
  await endUnguarded(keys, ports);
  await ports.trail.append([entry('policy', GUARDIAN, { loosened }, ports, { policy: policyHash(after) })]);
  // Written last: after a crash before it, all of the above is done again, under the same incident.
  await tables.policies.replace(last, after);
}

async function knownKeys(before: Policy, { tables }: Ports): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys = new Map<string, readonly string[]>();
  for (const vault of guardedVaults(before)) keys.set(vault, [...(await readKeys(tables.keys, vault)).known.keys()]);
  return keys;
}

/** Ends the incidents of what is no longer guarded: nothing inspects it any more, so they would stay open for ever. */
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
