import { createHash } from 'node:crypto';
import { recipients } from '../alerts/recipients.ts';
import { type AlertContent, ANY_CHANNEL, type Incident, type OutboxRow } from '../domain/incident.ts';
import { partitionOf } from '../domain/subject.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

/** An alert that waits for its incident's row to be written. */
export interface Announced {
  /** The row is written: wakes the sender. */
  confirm(): Promise<void>;
  /**
   * Somebody else wrote the row: people are alerted of what they wrote, also where they ended right after it.
   *
   * @param standing the row as it stands; `undefined` where it is gone
   */
  withdraw(standing: Incident | undefined): Promise<void>;
}

/**
 * The one place between opening or changing an incident and telling people. Writes a row of the outbox for each channel
 * that is to have it, and a record; both before the incident's row, so that whatever ends in between, people are alerted:
 * rather twice than never. Messages only wake the sender, which the sentry does as well.
 */
export async function announce(content: AlertContent, needs: Ports): Promise<Announced> {
  const { incident } = content;
  const { first, absent } = recipients(content, needs);
  const partition = partitionOf(incident.subject);
  // Who knows no channel, as a person's command, leaves it to the sender.
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
        // Somebody who lost the incident's row had announced something else under the same revision.
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

/** The same id for the same content, so that what is announced again after a crash is one record. */
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
