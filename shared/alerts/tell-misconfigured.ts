import { NO_VAULT } from '../domain/audit-record.ts';
import type { ChannelMisconfigured } from '../errors.ts';
import { channelMisconfigured } from '../incidents/kinds/channel-misconfigured.ts';
import { settingMisconfigured } from '../incidents/kinds/setting-misconfigured.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** Tells, over the channels that there are, of those that cannot be used; and when all can be used again. */
export async function tellMisconfigured(misconfigured: readonly ChannelMisconfigured[], ports: Ports): Promise<void> {
  const draft = misconfigured.length === 0 ? undefined : channelMisconfigured.draft(misconfigured, ports.now());
  await openWhile(draft, channelMisconfigured, { vault: NO_VAULT }, 'every channel can be used again', ports);
}

/** Tells of the faults of settings that the guardian does without; and when there are none any more. */
export async function tellMisconfiguredSettings(faults: readonly string[], ports: Ports): Promise<void> {
  const draft = faults.length === 0 ? undefined : settingMisconfigured.draft(faults, ports.now());
  await openWhile(draft, settingMisconfigured, { vault: NO_VAULT }, 'every setting can be used', ports);
}
