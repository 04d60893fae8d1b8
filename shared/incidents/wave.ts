import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import type { KeySubject } from '../domain/subject.ts';
import { later, SECOND_MS } from '../domain/time.ts';
import { type WaveState, withOpened } from '../domain/wave.ts';
import { RowUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { incidentId } from './draft.ts';
import { glassBroken } from './kinds/glass-broken.ts';
import { holdEnding } from './kinds/hold-ending.ts';
import { holdSet } from './kinds/hold-set.ts';
import { type OfWave, wave as waveKind } from './kinds/wave.ts';

/** The partition of a wave's row in the table `vaults`, and of its turns in the table `schedule`. Row: `rowOfWave`. */
export const WAVES = 'waves';
/** How soon the list of a wave is read again, in ms. */
export const TURN_MS = 30 * SECOND_MS;

const ACTOR = 'actor,';
/** The row of a wave: the vault, or, as no vault can be called, `actor,` and an id. */
export const rowOfWave = (of: OfWave): string => (of.kind === 'vault' ? of.vault : `${ACTOR}${of.id}`);
/** What the wave of a row is of. */
export const waveInRow = (row: string): OfWave =>
  row.startsWith(ACTOR) ? { kind: 'actor', id: row.slice(ACTOR.length) } : { kind: 'vault', vault: row };

/** The id of the incident of a wave. */
export const idOfWave = (of: OfWave, since: Date): string => incidentId(waveKind.draft(of, since, []));

/** A wave that an incident belongs to. */
export interface Joined {
  readonly id: string;
  readonly of: OfWave;
  readonly since: Date;
}

type Needs = Pick<Ports, 'tables' | 'now' | 'settings'>;
type Counted = Pick<Incident, 'kind' | 'subject' | 'audience'>;

/**
 * Counts an incident that is about to be opened. Returns the wave that it belongs to, of its vault or of who did it;
 * `undefined` where people are alerted of it by itself, as of all that is not about a key and not for on-call, and of what a
 * person did through the guardian.
 */
export async function joinWave(incident: Counted & Pick<Incident, 'who'>, needs: Needs): Promise<Joined | undefined> {
  const key = keyIn(incident);
  if (key === undefined) return undefined;
  const ofVault = await joined({ kind: 'vault', vault: key.vault }, key.key, needs.now(), needs);
  return ofVault ?? joinActorsWave(incident, needs.now(), incident.who, needs);
}

/**
 * As `joinWave`, for an incident that has alerts of its own, once it is known who did it. The guardian's own identities make no
 * wave, and neither does who is known by no id: a caller may have chosen any name.
 *
 * @param detectedAt when it was opened: records come late and in any order
 */
export async function joinActorsWave(
  incident: Counted,
  detectedAt: Date,
  who: Actor | undefined,
  needs: Needs,
): Promise<Joined | undefined> {
  const key = keyIn(incident);
  const id = who && [who.oid, who.appId].find((one) => one !== undefined && UUID.test(one))?.toLowerCase();
  if (key === undefined || id === undefined || needs.settings.ownObjectIds.includes(id)) return undefined;
  return joined({ kind: 'actor', id }, `${key.vault}/${key.key}`, detectedAt, needs);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const keyIn = ({ kind, audience, subject }: Counted): Pick<KeySubject, 'vault' | 'key'> | undefined =>
  audience === 'on-call' && !ALONE.has(kind) && (subject.kind === 'key' || subject.kind === 'version')
    ? subject
    : undefined;

/** What a person did through the guardian: everyone is alerted of each. */
const ALONE: ReadonlySet<string> = new Set([holdSet.id, holdEnding.id, glassBroken.id]);

async function joined(of: OfWave, key: string, at: Date, needs: Needs): Promise<Joined | undefined> {
  const row = rowOfWave(of);
  const { wave } = await counted(row, key, at, needs);
  if (wave === undefined) return undefined;
  // Before anything is alerted, so that after a crash the next turn alerts of it.
  await needs.tables.schedule.insert(WAVES, row, { generation: 0, dueAt: later(needs.now(), TURN_MS) });
  return { id: idOfWave(of, wave.since), of, since: wave.since };
}

/** Counts the key. A row that cannot be read begins anew: no alert waits for it. */
async function counted(row: string, key: string, at: Date, { tables, now }: Needs): Promise<WaveState> {
  try {
    return await tables.waves.change(WAVES, row, (state) => withOpened(state, key, at, now()));
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    return (await tables.waves.put(WAVES, row, withOpened(undefined, key, at, now()))).value;
  }
}
