import { hangingOn } from '../domain/hanging.ts';
import { keyPolicy, type Policy } from '../domain/policy.ts';
import type { KeyRecord } from '../domain/register.ts';
import { keyOf } from '../domain/subject.ts';
import { endRotation, planRotation } from '../guard/keys/restore.ts';
import type { Ports } from '../ports.ts';
import { readKey } from '../register/keys.ts';
import { readUse } from '../register/uses.ts';
import { dueOf, otherExpiry, policyFault } from '../rotation/schedule.ts';
import { endpoint, name } from './endpoint.ts';
import { refuseUnknown } from './known.ts';
import type { RotatePreview, ScheduleReport } from './reports.ts';
import { reportOf, said } from './restore.ts';

/** Rotating under a person's own rights, as restoring is: the guardian plans and records it, the person's client writes. */
export const rotateEndpoints = [
  endpoint(
    {
      method: 'GET',
      path: 'rotate/{vault}/{key}',
      needs: 'read',
      says: 'Shows when a key is to be rotated, and what hangs on it.',
    },
    () => ({ vault: name(), key: name() }),
    async ({ vault, key }, _caller, ports) => {
      await refuseUnknown({ vault, key }, ports);
      return preview(vault, key, ports);
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: 'rotate/{vault}/{key}',
      needs: 'steer',
      says: 'Begins to rotate a key: answers the write that the person is to make, under their own rights.',
    },
    () => ({ vault: name(), key: name() }),
    async ({ vault, key }, { who }, ports) => {
      await refuseUnknown({ vault, key }, ports);
      return reportOf(await planRotation(keyOf({ vault, key }), who, ports));
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: 'rotate/{vault}/{key}/{id}',
      needs: 'steer',
      says: 'Says what came of that write, within 30 s; the guardian reads it from the vault.',
    },
    () => ({ vault: name(), key: name(), ...said() }),
    async ({ vault, key, id, said: words }, { who }, ports) => {
      await refuseUnknown({ vault, key }, ports);
      return reportOf(await endRotation(keyOf({ vault, key }), id, words, who, ports));
    },
  ),
];

/** How a key keeps its schedule, by its row in the register. */
export function scheduleOf(
  policy: Policy,
  vault: string,
  key: string,
  { approved, observed }: KeyRecord,
  now: Date,
): ScheduleReport {
  const { rotation: schedule } = keyPolicy(policy, vault, key);
  const current = observed.current ?? '';
  const created = approved.versions[current]?.created;
  const expiresOn = observed.versions[current]?.expiresOn;
  const dated = created === undefined ? { key } : { key, rotatedAt: created, expiresOn };
  if (schedule === undefined || created === undefined) return dated;
  const newest = { created, expiresOn };
  const { state, dueAt: at } = dueOf(schedule, newest, now);
  const own = observed.rotation?.policy?.is;
  const { every, notifyBefore } = schedule;
  const policyLacks = own && policyFault(schedule, own, newest)?.says;
  return { ...dated, schedule: { every, notifyBefore }, due: { state, at }, policyLacks };
}

async function preview(vault: string, key: string, ports: Ports): Promise<RotatePreview> {
  const [{ record }, use, policy] = await Promise.all([
    readKey(ports.tables.keys, { vault, key }),
    readUse(ports.tables, { vault, key }),
    ports.reads(vault).rotationPolicy(key),
  ]);
  const { says } = hangingOn({ vault, key, current: record.observed.current }, use, ports.scope.surveyed);
  const schedule = scheduleOf(ports.policy, vault, key, record, ports.now());
  const expiry =
    policy.kind === 'ok'
      ? otherExpiry(policy.value, { expiresOn: record.observed.versions[record.observed.current ?? '']?.expiresOn })
      : 'Whether the new version expires is not known: its rotation policy cannot be read.';
  return { ...schedule, hangs: says, otherExpiry: expiry };
}
