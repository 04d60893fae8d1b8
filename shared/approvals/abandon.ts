import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { type KeyId, spell } from '../domain/key.ts';
import { approvedVersions } from '../domain/register.ts';
import { keyOf } from '../domain/subject.ts';
import { NotAllowed } from '../errors.ts';
import { endIncidents } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKey } from '../register/keys.ts';
import { recordChanges } from './record-changes.ts';

/** What closing an incident abandons: the sentence that the person reads. */
export const ABANDONS: Readonly<Record<NonNullable<Incident['abandons']>, string>> = {
  key: 'The key is abandoned: no alert says any more that it is gone.',
  versions: 'The versions that are gone are abandoned: no alert says any more that they are gone.',
};

/** Abandons the key or the versions that closing the incident abandons. Throws `NotAllowed` where they may still exist. */
export async function abandon(incident: Incident, because: string, by: Actor, ports: Ports): Promise<void> {
  const { subject, abandons } = incident;
  if (subject.kind !== 'key' || abandons === undefined) return;
  if (abandons === 'key') await abandonKey(incident, subject, because, by, ports);
  else await abandonVersions(subject, because, ports);
}

/**
 * Abandons a key that is in neither list, and ends the incidents of its state. Should it come back, people are alerted, and
 * it is guarded again once a person accepts it in a baseline.
 */
async function abandonKey(incident: Incident, id: KeyId, because: string, by: Actor, ports: Ports): Promise<void> {
  const reads = ports.reads(id.vault);
  for (const answer of await Promise.all([reads.read(id.key), reads.readDeleted(id.key)])) {
    if (answer.kind === 'ok' || answer.kind === 'undetailed')
      throw new NotAllowed(`${spell(id)} is there again: its incidents end with the next inspection.`);
    if (answer.kind !== 'missing')
      throw new NotAllowed(`${spell(id)} cannot be read, so that nobody can say that it is gone: ${answer.kind}.`);
  }
  const standing = { kind: 'abandoned', at: ports.now(), by: by.oid, because } as const;
  await recordChanges(id, [{ kind: 'set-standing', standing }], ports);
  // A sweep queues no inspection of an abandoned key, so the incidents have to be ended here.
  const isOfState = ({ id: other, ends }: Incident): boolean => other !== incident.id && ends === 'with-an-inspection';
  await endIncidents(keyOf(id), isOfState, because, ports);
}

/** Abandons the approved versions of a key whose name now belongs to another key: they are known, but no longer approved. */
async function abandonVersions(id: KeyId, because: string, ports: Ports): Promise<void> {
  const listed = await ports.reads(id.vault).listVersions(id.key);
  if (listed.kind !== 'ok' || listed.value.length === 0)
    throw new NotAllowed(
      `${spell(id)} does not list its versions, so that nobody can say which of them are gone: ${listed.kind === 'ok' ? 'there are none' : listed.kind}.`,
    );
  const { record } = await readKey(ports.tables.keys, id);
  const gone = approvedVersions(record).filter(([name]) => !listed.value.some(({ version }) => version === name));
  // Already abandoned: an earlier attempt to close this incident crashed after it.
  if (gone.length === 0 && Object.values(record.approved.versions).some(({ revoked }) => revoked === because)) return;
  if (gone.length === 0)
    throw new NotAllowed(
      `No approved version of ${spell(id)} is gone. What is there can be accepted:\n  key-guardian baseline show ${id.vault}`,
    );
  await recordChanges(
    id,
    gone.map(([version]) => ({ kind: 'revoke-version', version, because })),
    ports,
  );
}
