import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { type KeyId, spell } from '../domain/key.ts';
import { approvedVersions, type RegisterChange } from '../domain/register.ts';
import { NotAllowed } from '../errors.ts';
import { keyMissing } from '../guard/keys/rules/key-missing.ts';
import { keyPurged } from '../guard/keys/rules/key-purged.ts';
import { keyRecreated } from '../guard/keys/rules/key-recreated.ts';
import { holdSet } from '../incidents/kinds/hold-set.ts';
import { kinds } from '../incidents/kinds/registry.ts';
import { endIncidents } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKey } from '../register/keys.ts';
import { recordChanges } from '../register/record-changes.ts';

/** What a person gives up by closing an incident of something that nobody brings back. */
export interface GivingUp {
  /** One sentence: what it comes to. */
  readonly says: string;
  /** Throws `NotAllowed` where it may not be gone. */
  give(incident: Incident, id: KeyId, because: string, by: Actor, ports: Ports): Promise<void>;
}

/**
 * A key that is in neither list: nothing of it is missed any more, and what was told of its state ends. Should it come
 * back, that is told, and it is guarded once a person accepts it in a baseline.
 */
const wholeKey: GivingUp = {
  says: 'The key is given up: nothing of it is missed any more.',
  async give(incident, id, because, by, ports) {
    for (const answer of await Promise.all([
      ports.reads(id.vault).read(id.key),
      ports.reads(id.vault).readDeleted(id.key),
    ])) {
      if (answer.kind === 'ok' || answer.kind === 'undetailed')
        throw new NotAllowed(`${spell(id)} is there again: what is told of it ends with the next look.`);
      if (answer.kind !== 'missing')
        throw new NotAllowed(`${spell(id)} cannot be read, so that nobody can say that it is gone: ${answer.kind}.`);
    }
    const change: RegisterChange = {
      kind: 'approve-deletion',
      // Who says so and why stands in the place of an approval.
      approval: because,
      deletedOn: ports.now(),
      // Whenever it was purged, and however late the record of that comes: it is the end that the person knows of.
      scheduledPurgeOn: new Date(0),
      by: by.oid,
      givenUp: true,
    };
    await recordChanges(id, [change], ports);
    // Of a key that is not missed no pass finds anything: no look comes that would end them.
    await endIncidents(id, (other) => other.id !== incident.id && tellsOfState(other), because, ports);
  },
};

/** Approved versions of a key that another key has taken the name of: they are known, and not approved any more. */
const goneVersions: GivingUp = {
  says: 'The versions that are gone are given up: none of them is missed any more.',
  async give(_incident, id, because, _by, ports) {
    const listed = await ports.reads(id.vault).listVersions(id.key);
    if (listed.kind !== 'ok' || listed.value.length === 0)
      throw new NotAllowed(
        `${spell(id)} does not list its versions, so that nobody can say which of them are gone: ${listed.kind === 'ok' ? 'there are none' : listed.kind}.`,
      );
    const { record } = await readKey(ports.tables.keys, id);
    const gone = approvedVersions(record).filter(([name]) => !listed.value.some(({ version }) => version === name));
    // Given up by this very closing, which ended before it was told.
    if (gone.length === 0 && Object.values(record.versions).some(({ distrusted }) => distrusted === because)) return;
    if (gone.length === 0)
      throw new NotAllowed(
        `No approved version of ${spell(id)} is gone: what is there can be accepted with "baseline accept ${id.vault}".`,
      );
    await recordChanges(
      id,
      gone.map(([version]) => ({ kind: 'distrust-version', version, because })),
      ports,
    );
  },
};

/** By the rule whose incident is closed. */
export const givingUp: ReadonlyMap<string, GivingUp> = new Map([
  [keyPurged.id, wholeKey],
  [keyMissing.id, wholeKey],
  [keyRecreated.id, goneVersions],
]);

/** What is told of a key's state ends with the key; what is told of an act, and a hold, do not. */
const tellsOfState = ({ kind }: Incident): boolean =>
  kind !== holdSet.id && !kinds.some(({ id, ends }) => id === kind && ends.kind === 'by-a-person');
