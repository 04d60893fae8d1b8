import { FAILING } from '../alerts/failing.ts';
import { GUARDIAN } from '../domain/subject.ts';
import { agoMs, MINUTE_MS, utc } from '../domain/time.ts';
import { guardianUnwell, mendedBy } from '../incidents/kinds/guardian-unwell.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** How long a channel must have accepted nothing after it refused, in ms: one that is throttled accepts something meanwhile. */
const ALERTED_AFTER_MS = MINUTE_MS;

/**
 * Alerts operators of channels that refuse alerts, through the channels that there are: the alert that a failing channel gets
 * itself is sent again until it accepts it, and so shows that it works again. Resolves the incident once no channel fails.
 */
export async function alertFailingChannels(ports: Ports): Promise<void> {
  const { stored } = await ports.tables.failing.list(FAILING);
  const now = ports.now();
  const lasting = stored
    .filter(({ row, value }) => isUsed(row.row, ports) && agoMs(value.since, now) >= ALERTED_AFTER_MS)
    .toSorted((one, other) => one.value.since.getTime() - other.value.since.getTime());
  const what = lasting.map(({ row, value }) => `${row.row} since ${utc(value.since)} (${value.because})`).join(', ');
  const commands = lasting.flatMap(({ row }) => mendedBy(row.row));
  const draft = guardianUnwell.draft('channel-failing', now, what, GUARDIAN, commands);
  await openWhile(lasting.length > 0, draft, 'every channel accepts alerts again', ports);
}

/** Whether a channel has settings: one that had them once may have refused when it was last used. */
const isUsed = (channel: string, { channels }: Ports): boolean => channels.some(({ id }) => id === channel);
