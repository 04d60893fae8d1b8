import type { AccessMessage, ChangedBy } from '../../domain/activity.ts';
import { digest } from '../../domain/digest.ts';
import { eventId } from '../../domain/hint.ts';
import { guardedVaults } from '../../domain/policy.ts';
import { GUARDIAN, type Subject, spellSubject, vaultSubject } from '../../domain/subject.ts';
import { quarantine } from '../../incidents/quarantine.ts';
import type { Ports } from '../../ports.ts';
import { lookAtSets } from '../../propagation/sets.ts';
import { entry } from '../../trail/entries.ts';
import { type Activity, activityOf } from '../activity-log.ts';
import { askAccess, isFew } from './ask.ts';

/**
 * Takes an event of the Activity Log: what it touched is read again, where the guardian depends on it. Throws where the queue,
 * a table or the quarantine cannot be written, so that Event Grid delivers again.
 */
export async function takeActivity(given: unknown, ports: Ports): Promise<void> {
  const read = activityOf(given, ports.now());
  switch (read.kind) {
    case 'nothing':
      return;
    case 'unparsed':
      return quarantine(read, 'activity-log', ports);
    case 'activity':
      return lookAt(read.activity, ports);
    default:
      return read satisfies never;
  }
}

async function lookAt({ id, touched, by, at }: Activity, ports: Ports): Promise<void> {
  const changed = { by, at, event: eventId(id) };
  switch (touched.kind) {
    case 'set':
      await lookAtSets([touched.id], ports, { by, at });
      return askAccess({ sets: [touched.id] }, changed, ports);
    case 'identity':
      return askAccess({ identities: [touched.id] }, changed, ports);
    case 'vault': {
      const { vault: name, id: vaultId } = touched;
      if (!guardedVaults(ports.policy).includes(name)) return;
      await record([vaultSubject(name)], changed, ports);
      return askAccess({ vaults: [vaultId === undefined ? { name } : { name, id: vaultId }] }, changed, ports);
    }
    case 'scope': {
      const vaults = vaultsIn(touched.scope, ports);
      if (vaults.length === 0) return;
      await record(isFew(vaults) ? vaults.map(({ name }) => vaultSubject(name)) : [GUARDIAN], changed, ports);
      return askAccess({ vaults }, changed, ports);
    }
    default:
      return touched satisfies never;
  }
}

/** The guarded vaults that a role assignment at a scope reaches, or one of whose keys it is for. A scope in a vault names it, whether a survey has read it or not. */
function vaultsIn(scope: string, { policy, scope: { surveyed } }: Ports): AccessMessage['vaults'] {
  const [, id, within] = /^(.+\/providers\/microsoft\.keyvault\/vaults\/([^/]+))/.exec(scope) ?? [];
  const guarded = guardedVaults(policy);
  if (id !== undefined && within !== undefined) return guarded.includes(within) ? [{ name: within, id }] : [];
  return guarded.filter((name) => surveyed.vaults.get(name)?.id?.startsWith(`${scope}/`)).map((name) => ({ name }));
}

/** Records a write. The id of its record follows from the event: delivered again, it is the same record. */
async function record(subjects: readonly Subject[], { by, at, event }: ChangedBy, ports: Ports): Promise<void> {
  const hints = { ids: [event], senses: ['activity-log'], count: 1 };
  const detail = { sense: 'activity-log', sensedAt: ports.now(), says: { kind: 'written', by, at } };
  await ports.trail.append(
    subjects.map((subject) => {
      const id = digest(`${event}\n${spellSubject(subject)}`);
      return entry('hint', subject, detail, ports, { id, who: by, happenedAt: at, hints });
    }),
  );
}
