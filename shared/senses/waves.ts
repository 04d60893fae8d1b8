import { agoMs, HOUR_MS, later, MINUTE_MS } from '../domain/time.ts';
import { type WaveState, WITHIN_MS } from '../domain/wave.ts';
import { inTurns } from '../in-turns.ts';
import { type OfWave, wave as waveKind } from '../incidents/kinds/wave.ts';
import { openIncident, readIncidents, resolveIncident } from '../incidents/store.ts';
import { idOfWave, TURN_MS, WAVES, waveInRow } from '../incidents/wave.ts';
import type { Ports } from '../ports.ts';
import type { Stored } from '../register/rows.ts';
import { isDue, type Schedule } from './sweep/schedule.ts';

/** People are alerted of a list that has grown this often at most, in ms. */
const ALERTED_EACH_MS = 2 * MINUTE_MS;

/**
 * Reads the list of each wave that is due, alerts people of it where it has changed, and resolves it once each of its
 * incidents is resolved and none has come for five minutes. Throws `StorageUnreachable`.
 */
export async function followWaves(schedule: Schedule, ports: Ports): Promise<void> {
  const { tables, now } = ports;
  const due = [...schedule.values()].filter(
    ({ row, value }) => row.partition === WAVES && isDue(value, now(), HOUR_MS),
  );
  await inTurns(1, due, async (planned) => {
    const { row } = planned.row;
    const stored = await tables.waves.get(WAVES, row);
    if (stored?.value.wave !== undefined) {
      await follow(waveInRow(row), stored, stored.value.wave, ports);
      await tables.schedule.replace(planned, { generation: 0, dueAt: later(now(), TURN_MS) });
      return;
    }
    await tables.schedule.remove(planned);
    // Another wave may have begun in between, and have met the turn that is gone.
    const since = await tables.waves.get(WAVES, row);
    if (since?.value.wave !== undefined) await tables.schedule.insert(WAVES, row, planned.value);
  });
}

async function follow(
  of: OfWave,
  stored: Stored<WaveState>,
  { since, alertedAt }: NonNullable<WaveState['wave']>,
  ports: Ports,
): Promise<void> {
  const { tables, now } = ports;
  const id = idOfWave(of, since);
  const all = (await readIncidents(ports)).stored;
  const members = all.map(({ value }) => value).filter((one) => one.wave === id);
  const newest = stored.value.recent.at(-1)?.at ?? since;
  const isOver = members.every(({ state }) => state === 'resolved') && agoMs(newest, now()) >= WITHIN_MS;
  if (!isOver && alertedAt !== undefined && agoMs(alertedAt, now()) < ALERTED_EACH_MS) return;
  await openIncident(waveKind.draft(of, since, members), ports, id);
  if (!isOver) {
    await tables.waves.replace(stored, { ...stored.value, wave: { since, alertedAt: now() } });
    return;
  }
  const standing = (await readIncidents(ports, of)).stored.find(({ value }) => value.id === id);
  const isRestored = members.some(({ restoredAt }) => restoredAt !== undefined);
  if (standing !== undefined && !(await resolveIncident(standing, 'all of them are good again', isRestored, ports)))
    return; // somebody else has changed it: the next turn resolves it
  await tables.waves.replace(stored, { recent: stored.value.recent });
}
