import type { SurveyMessage, SurveyState } from '../../domain/survey.ts';
import { later, MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { RowUnreadable, SurveyRefused } from '../../errors.ts';
import { quarantineRows } from '../../incidents/quarantine.ts';
import type { Ports } from '../../ports.ts';
import type { Stored } from '../../register/rows.ts';
import { SURVEY_ROW } from '../../register/scope.ts';
import { alertOfFound, alertOfHsms, alertOfUnread } from './alerts.ts';
import { keepFound } from './keep.ts';
import { surveyAgain } from './plan.ts';
import { readEstate } from './read.ts';
import { alertUnwired } from './wiring.ts';
import { lookAtWrongSets } from './wrong-sets.ts';

/** How long a survey is taken to be running unless it says so again, in ms. */
const RUNNING_MS = MINUTE_MS;
const AGAIN_SECONDS = RUNNING_MS / SECOND_MS;

/**
 * Reads what hangs on which key, keeps it, and alerts people of keys that nothing guards. Does nothing where a survey has begun
 * since it was asked for; waits where one is running that began before. What could not be read stays as it was. Throws where
 * storage does not answer, and where the policy cannot be used.
 */
export async function survey({ askedAt }: SurveyMessage, ports: Ports): Promise<void> {
  await ports.scope.refresh();
  const startedAt = ports.now();
  const came = await start(askedAt, startedAt, ports);
  if (came === 'wait') return ports.queues.surveys.send({ askedAt }, AGAIN_SECONDS);
  if (came === 'done') return;
  const renewing = setInterval(() => void stillRunning(startedAt, ports), RUNNING_MS / 3);
  try {
    await surveyOnce(startedAt, ports);
  } finally {
    clearInterval(renewing);
  }
}

async function surveyOnce(startedAt: Date, ports: Ports): Promise<void> {
  try {
    const read = await readEstate(startedAt, ports);
    await lookAtWrongSets(read, ports);
    const kept = await keepFound(read, ports);
    await alertOfFound(kept, startedAt, ports);
    await alertOfHsms(read.estate.managedHsms, ports);
    await alertUnwired(read, ports);
    const state = await note(startedAt, ports, ({ failing: _, runningUntil: __, subscriptions, ...last }) => ({
      ...last,
      lastGoodAt: startedAt,
      subscriptions: {
        ...Object.fromEntries(read.subscriptions.map((id) => [id, { readAt: startedAt }])),
        ...Object.fromEntries([...read.unread].map(([id, unread]) => [id, { ...subscriptions[id], unread }])),
      },
    }));
    await surveyAgain(startedAt, ports);
    await ports.scope.refresh(0);
    if (state !== undefined) await alertOfUnread(state, ports);
  } catch (error) {
    if (!(error instanceof SurveyRefused)) throw error;
    await note(startedAt, ports, ({ runningUntil: _, failing, ...last }) => ({
      ...last,
      failing: { since: failing?.since ?? startedAt, because: error.because },
    }));
  }
}

/** Notes that a survey begins. `done`: one has begun since it was asked for. `wait`: one is running that began before. */
async function start(askedAt: Date, now: Date, ports: Ports): Promise<'begun' | 'done' | 'wait'> {
  const standing = await readState(ports);
  const { startedAt, runningUntil, ...last } = standing?.value ?? { addedAt: now, subscriptions: {} };
  // A time that a clock ahead noted would keep every survey from beginning.
  if (startedAt !== undefined && startedAt >= askedAt && startedAt <= later(now, MINUTE_MS)) return 'done';
  const leftMs = (runningUntil?.getTime() ?? 0) - now.getTime();
  if (leftMs > 0 && leftMs <= 2 * RUNNING_MS) return 'wait';
  const begun = { ...last, startedAt: now, runningUntil: later(now, RUNNING_MS) };
  return (await ports.tables.surveys.write(...SURVEY_ROW, standing, begun)) ? 'begun' : 'done';
}

/** How the surveys went. A row that cannot be read is quarantined and begun anew. */
async function readState(ports: Ports): Promise<Stored<SurveyState> | undefined> {
  const { surveys } = ports.tables;
  try {
    return await surveys.get(...SURVEY_ROW);
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    await quarantineRows([error], ports);
    await surveys.remove({ row: error.stored });
    return undefined;
  }
}

/** Says that a survey is still running. Where this fails, the next one may begin beside it, and writes the same. */
const stillRunning = (startedAt: Date, ports: Ports): Promise<unknown> =>
  note(startedAt, ports, (state) => ({ ...state, runningUntil: later(ports.now(), RUNNING_MS) })).catch(
    () => undefined,
  );

/** Changes how the surveys went. Does nothing, and returns `undefined`, where a later survey has begun. */
async function note(
  startedAt: Date,
  { tables }: Ports,
  change: (state: SurveyState) => SurveyState,
): Promise<SurveyState | undefined> {
  for (;;) {
    const from = await tables.surveys.get(...SURVEY_ROW);
    if (from?.value.startedAt?.getTime() !== startedAt.getTime()) return undefined;
    const next = change(from.value);
    if (await tables.surveys.write(...SURVEY_ROW, from, next)) return next;
  }
}
