import { GUARDIAN } from '../domain/subject.ts';
import type { ChannelMisconfigured } from '../errors.ts';
import { guardianUnwell, mendedBy } from '../incidents/kinds/guardian-unwell.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** Alerts operators of channels that cannot be used, through the other channels. Resolves the incident once all can be used. */
export async function alertMisconfiguredChannels(
  misconfigured: readonly ChannelMisconfigured[],
  ports: Ports,
): Promise<void> {
  const what = misconfigured.map(({ message }) => message).join(' ');
  const commands = misconfigured.flatMap(({ channel }) => mendedBy(channel));
  const draft = guardianUnwell.draft('channel-misconfigured', ports.now(), what, GUARDIAN, commands);
  await openWhile(misconfigured.length > 0, draft, 'every channel can be used again', ports);
}

/** Alerts operators of faults of settings that the guardian runs without. Resolves the incident once there are none. */
export async function alertMisconfiguredSettings(faults: readonly string[], ports: Ports): Promise<void> {
  const draft = guardianUnwell.draft('setting-misconfigured', ports.now(), faults.join('; '));
  await openWhile(faults.length > 0, draft, 'every setting can be used', ports);
}
