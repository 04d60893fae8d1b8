import { NO_VAULT } from '../domain/audit-record.ts';
import type { ChannelMisconfigured } from '../errors.ts';
import { endIncidents, openIncident } from '../incidents/book.ts';
import { channelMisconfigured } from '../incidents/kinds/channel-misconfigured.ts';
import { settingMisconfigured } from '../incidents/kinds/setting-misconfigured.ts';
import type { Ports } from '../ports.ts';

/** Tells, over the channels that there are, of those that cannot be used; and when all can be used again. */
export async function tellMisconfigured(misconfigured: readonly ChannelMisconfigured[], ports: Ports): Promise<void> {
  if (misconfigured.length > 0) return openIncident(channelMisconfigured.draft(misconfigured, ports.now()), ports);
  await endIncidents(
    { vault: NO_VAULT },
    ({ kind }) => kind === channelMisconfigured.id,
    'every channel can be used again',
    ports,
  );
}

/** Tells of the faults of settings that the guardian does without; and when there are none any more. */
export async function tellMisconfiguredSettings(faults: readonly string[], ports: Ports): Promise<void> {
  if (faults.length > 0) return openIncident(settingMisconfigured.draft(faults, ports.now()), ports);
  await endIncidents(
    { vault: NO_VAULT },
    ({ kind }) => kind === settingMisconfigured.id,
    'every setting can be used',
    ports,
  );
}
