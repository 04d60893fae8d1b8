import { GUARDIAN } from '../../domain/subject.ts';
import { MISSED_MS } from '../../domain/survey.ts';
import { HOUR_MS, later, MINUTE_MS, utc } from '../../domain/time.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { SURVEY_ROW } from '../../register/scope.ts';
import { isDue, type Schedule, standing } from '../sweep/schedule.ts';

/** The row of the next survey in the table `schedule`. */
export const NEXT_SURVEY = ['surveys', 'next'] as const;
/** Time between two surveys, in ms. */
export const SURVEY_EVERY_MS = HOUR_MS;
/** A survey that did not come to a good end is planned again after so long, in ms. */
const AGAIN_AFTER_MS = 15 * MINUTE_MS;

/** Queues a survey where one is due. Where two planners run at the same moment, one of them plans it. */
export async function planSurvey(schedule: Schedule, ports: Ports): Promise<void> {
  const { tables, now } = ports;
  if (ports.scope.state === undefined)
    await tables.surveys.insert(...SURVEY_ROW, { addedAt: now(), subscriptions: {} });
  const before = standing(schedule, ...NEXT_SURVEY);
  if (before !== undefined && !isDue(before.value, now(), SURVEY_EVERY_MS)) return;
  const claimed = { generation: 0, dueAt: later(now(), AGAIN_AFTER_MS) };
  if (await tables.schedule.write(...NEXT_SURVEY, before, claimed)) await askSurvey(ports);
}

/** Queues a survey now: something has changed that one shows. */
export const askSurvey = ({ queues, now }: Ports): Promise<void> => queues.surveys.send({ askedAt: now() });

/** Plans the survey after a good one. */
export const surveyAgain = async (startedAt: Date, { tables }: Ports): Promise<void> =>
  void (await tables.schedule.put(...NEXT_SURVEY, { generation: 0, dueAt: later(startedAt, SURVEY_EVERY_MS) }));

/** Alerts operators where two surveys were missed, with the reason. The next good survey ends the incident. */
export async function alertMissedSurveys(ports: Ports): Promise<void> {
  const { state } = ports.scope;
  if (state === undefined) return;
  const since = state.lastGoodAt ?? state.addedAt;
  if (ports.now().getTime() - since.getTime() < MISSED_MS) return;
  const because = state.failing?.because ?? 'surveys do not come to their end';
  const what = `no survey has come to a good end since ${utc(since)} (${because})`;
  await openIncident(guardianUnwell.draft('survey-missed', since, what, GUARDIAN), ports);
}
