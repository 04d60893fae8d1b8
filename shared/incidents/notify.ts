import { createHash } from 'node:crypto';
import { recipients } from '../alerts/recipients.ts';
import { type AlertContent, ANY_CHANNEL, type Incident, type OutboxRow } from '../domain/incident.ts';
import { partitionOf } from '../domain/subject.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

/** An alert that waits for its incident's row to be written. */
export interface Announced {
  /** To be called once the incident's row is written: queues the alert. */
  confirm(): Promise<void>;
  /**
   * To be called where somebody else wrote the incident's row first: people are alerted of that row instead, since the other
   * writer may have crashed before its alert.
   *
   * @param standing the incident as it is now; `undefined` where it is gone
   */
  withdraw(standing: Incident | undefined): Promise<void>;
}

/**
 * Prepares the alert of an incident that is opened or changed. Writes a row of the outbox for each of its channels, and a
 * record, both before the incident's row: after a crash in between people are alerted, possibly twice, but never not at all.
 * The messages only make the sender faster: the sentry queues every row that is due.
 */
export async function announce(content: AlertContent, needs: Ports): Promise<Announced> {
  const { incident } = content;
  const { first, absent } = recipients(content, needs);
  const partition = partitionOf(incident.subject);
  // A process without channels, as a person's command, writes one row for all channels of the sender.
  const channels = first.length === 0 ? [ANY_CHANNEL] : first.map(({ id }) => id);
  const rows = channels.map((id) => ({
    row: `${incident.id},${incident.revision},${id}`,
    value: { ...content, channel: id, attempts: 0, dueAt: needs.now() } satisfies OutboxRow,
  }));
  const inserted = await Promise.all(
    rows.map(async ({ row, value }) => ({
      row,
      value,
      stored: await needs.tables.outbox.insert(partition, row, value),
    })),
  );
  await needs.trail.append([recorded(content, channels, absent, needs)]);
  return {
    async confirm() {
      for (const { row, value, stored } of inserted) {
        // Another writer, whose change of the incident failed, announced something else under the same revision.
        if (stored === undefined) await needs.tables.outbox.put(partition, row, value);
        await needs.queues.alerts.send({ partition, row });
      }
    },
    async withdraw(standing) {
      for (const { row, stored } of inserted) {
        if (stored === undefined) continue;
        if (standing?.revision === incident.revision) {
          await needs.tables.outbox.replace(stored, { ...stored.value, event: eventOf(standing), incident: standing });
          // They may be ourselves, where only the answer was lost: what follows must not be sent before this.
          await needs.queues.alerts.send({ partition, row });
        } else await needs.tables.outbox.remove(stored);
      }
    },
  };
}

const eventOf = ({ state, revision }: Incident): AlertContent['event'] =>
  state === 'resolved' ? 'resolved' : revision === 1 ? 'opened' : 'changed';

/** The record of an alert. Its id follows from its content, so that an alert prepared again after a crash is one record. */
function recorded(
  { event, incident }: AlertContent,
  channels: readonly string[],
  absent: readonly string[],
  needs: Ports,
) {
  const { id, kind, reason, severity, audience, since, judgement, summary, revision, who } = incident;
  const about = { event, incident: id, revision, kind, reason, severity, audience, since, judgement, summary };
  const hash = createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 32);
  return entry('incident', incident.subject, { ...about, channels, notConfigured: absent }, needs, {
    id: hash,
    who,
  });
}
