import { recipients } from '../alerts/recipients.ts';
import { digest } from '../domain/digest.ts';
import { type AlertContent, ANY_CHANNEL, freshRow, type Incident } from '../domain/incident.ts';
import { partitionOf } from '../domain/subject.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

/**
 * Alerts people of an incident that is opened or changed, around the write of its row. Before that it writes a row of the
 * outbox for each of its channels, and a record: after a crash in between people are alerted, possibly twice, but never not
 * at all. After it, it queues the alert. Where somebody else wrote the incident's row first, people are alerted of that row
 * instead, since the other writer may have crashed before its alert. The messages only make the sender faster: each tick
 * queues every row that is due.
 *
 * @param write writes the incident's row; false where somebody else wrote it first
 * @param joins whether it had alerts of its own and joins a wave now: then it is closed where alerts are kept open
 * @returns what `write` does
 */
export async function announce(
  content: AlertContent,
  write: () => Promise<boolean>,
  needs: Ports,
  joins = false,
): Promise<boolean> {
  const { incident } = content;
  const { outbox, incidents } = needs.tables;
  const { first, absent } = recipients(content, needs);
  const partition = partitionOf(incident.subject);
  // A process without channels, as a person's command, writes one row for all channels of the sender.
  const owners = needs.channels.length === 0 ? [ANY_CHANNEL] : first.map(({ id }) => id);
  // The alerts of its wave speak for it.
  const channels = incident.wave === undefined || joins ? owners : [];
  const inserted = await Promise.all(
    channels.map(async (id) => {
      const { row, value } = freshRow(content, id, needs.now());
      return { row, value, stored: await outbox.insert(partition, row, value) };
    }),
  );
  await needs.trail.append([recorded(content, channels, absent, needs)]);
  const isWritten = await write();
  // Gone where there is none, or where it cannot be read.
  const standing = isWritten ? [] : (await incidents.list(partition)).stored;
  const instead = standing.find(({ value }) => value.id === incident.id)?.value;
  for (const { row, value, stored } of inserted) {
    if (isWritten) {
      // Another writer, whose change of the incident failed, announced something else under the same revision.
      if (stored === undefined) await outbox.put(partition, row, value);
    } else if (stored === undefined) {
      continue;
    } else if (instead?.revision !== incident.revision) {
      await outbox.remove(stored);
      continue;
    } else {
      // They may be ourselves, where only the answer was lost: what follows must not be sent before this.
      await outbox.replace(stored, { ...stored.value, event: eventOf(instead), incident: instead });
    }
    await needs.queues.alerts.send({ partition, row });
  }
  return isWritten;
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
  const { id, kind, reason, severity, audience, since, judgement, summary, revision, wave, who, deadline } = incident;
  const about = { event, incident: id, revision, kind, reason, severity, audience, since, judgement, summary, wave };
  const hash = digest(JSON.stringify(about));
  return entry('incident', incident.subject, { ...about, channels, notConfigured: absent }, needs, {
    id: hash,
    happenedAt: since,
    who,
    deadline,
  });
}
