import type { Actor, AuditRecord } from '../domain/audit-record.ts';
import { type AlertContent, freshRow, type Incident } from '../domain/incident.ts';
import { GUARDIAN, partitionOf } from '../domain/subject.ts';
import type { Ports } from '../ports.ts';
import { incidentId } from './draft.ts';
import { channelTest } from './kinds/channel-test.ts';

/** What came of a test alert. */
export type ChannelAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'not-configured' }
  | { readonly kind: 'no-answer' }; // the function alert has recorded nothing meanwhile

type Needs = Pick<Ports, 'now' | 'newId'> & {
  readonly tables: Pick<Ports['tables'], 'incidents' | 'outbox'>;
  readonly queues: Pick<Ports['queues'], 'alerts'>;
  readonly trail: Pick<Ports['trail'], 'read'>;
};

/**
 * Sends a test alert to one channel by the way of all alerts, outbox and queue, so that the guardian sends it by its own
 * settings; then the alert that resolves it. It is not sent again where the channel refuses it.
 *
 * @param pause waits a little; called between two reads of the trail
 * @param mostPauses after so many, the answer is `no-answer`
 */
export async function testChannel(
  channel: string,
  by: Actor,
  needs: Needs,
  pause: () => Promise<void>,
  mostPauses: number,
): Promise<ChannelAnswer> {
  const draft = { ...channelTest.draft(channel, by, needs.now()), commands: [] };
  const id = incidentId(draft, needs.newId());
  const opened: Incident = { ...draft, id, detectedAt: draft.since, state: 'open', revision: 1 };
  await needs.tables.incidents.put(PARTITION, id, opened);
  const row = await hand({ event: 'opened', incident: opened }, channel, needs);
  let answer = await answerTo(opened, channel, needs);
  for (let pauses = 0; answer === undefined && pauses < mostPauses; pauses += 1) {
    await pause();
    answer = await answerTo(opened, channel, needs);
  }
  await end(opened, row, channel, needs);
  return answer ?? { kind: 'no-answer' };
}

const PARTITION = partitionOf(GUARDIAN);

/** Returns the key of the row. */
async function hand(content: AlertContent, channel: string, needs: Needs): Promise<string> {
  const { row, value } = freshRow(content, channel, needs.now());
  await needs.tables.outbox.put(PARTITION, row, value);
  await needs.queues.alerts.send({ partition: PARTITION, row });
  return row;
}

/** What the trail says; `undefined` where it says nothing yet. */
async function answerTo({ id, since }: Incident, channel: string, needs: Needs): Promise<ChannelAnswer | undefined> {
  const days = [since, needs.now()].filter((day, at, all) => at === 0 || dayOf(day) !== dayOf(all[0] ?? day));
  const records = (await Promise.all(days.map((day) => needs.trail.read(GUARDIAN, day)))).flat();
  const detail = records.find(isAnswer(id, channel))?.detail;
  switch (detail?.outcome) {
    case undefined:
      return undefined;
    case 'accepted':
    case 'not-configured':
      return { kind: detail.outcome };
    default:
      return { kind: 'refused', because: String(detail?.because) };
  }
}

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 'yyyy-mm-dd'.length);

/** A channel without settings is not named in the record. */
const isAnswer =
  (id: string, channel: string) =>
  ({ what, detail }: AuditRecord): boolean =>
    what === 'alert' && detail.incident === id && (detail.channel === channel || detail.outcome === 'not-configured');

/** Resolves the incident. The first alert is taken back where it has not been accepted. */
async function end(opened: Incident, row: string, channel: string, needs: Needs): Promise<void> {
  const { outbox, incidents } = needs.tables;
  const resolved: Incident = { ...opened, state: 'resolved', endedAt: needs.now(), revision: 2 };
  await incidents.put(PARTITION, opened.id, resolved);
  for (let left = await outbox.get(PARTITION, row); left !== undefined; left = await outbox.get(PARTITION, row))
    await outbox.remove(left);
  await hand({ event: 'resolved', incident: resolved }, channel, needs);
}
