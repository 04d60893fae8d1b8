import type { Incident } from '../domain/incident.ts';
import { later, SECOND_MS } from '../domain/time.ts';
import { type WaveState, withOpened } from '../domain/wave.ts';
import { RowUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { incidentId } from './draft.ts';
import { wave as waveKind } from './kinds/wave.ts';

/** The partition of a wave's row in the table `vaults`, and of its turns in the table `schedule`. Row: the vault. */
export const WAVES = 'waves';
/** How soon the list of a wave is read again, in ms. */
export const TURN_MS = 30 * SECOND_MS;

/** The id of the incident of a wave. */
export const idOfWave = (vault: string, since: Date): string => incidentId(waveKind.draft(vault, since, []));

/**
 * Counts an incident that is about to be opened. Returns the wave that it belongs to; `undefined` where people are alerted of
 * it by itself, as of all that is not about a key and not for on-call.
 */
export async function joinWave(
  { subject, audience }: Pick<Incident, 'subject' | 'audience'>,
  { tables, now }: Pick<Ports, 'tables' | 'now'>,
): Promise<{ readonly id: string; readonly vault: string; readonly since: Date } | undefined> {
  if (audience !== 'on-call' || (subject.kind !== 'key' && subject.kind !== 'version')) return undefined;
  const { vault } = subject;
  const { wave } = await counted(vault, subject.key, { tables, now });
  if (wave === undefined) return undefined;
  // Before anything is alerted, so that after a crash the next turn alerts of it.
  await tables.schedule.insert(WAVES, vault, { generation: 0, dueAt: later(now(), TURN_MS) });
  return { id: idOfWave(vault, wave.since), vault, since: wave.since };
}

/** Counts the key. A row that cannot be read begins anew: no alert waits for it. */
async function counted(vault: string, key: string, { tables, now }: Pick<Ports, 'tables' | 'now'>): Promise<WaveState> {
  try {
    return await tables.waves.change(WAVES, vault, (state) => withOpened(state, key, now()));
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    return (await tables.waves.put(WAVES, vault, withOpened(undefined, key, now()))).value;
  }
}
