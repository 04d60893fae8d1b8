import type { ChannelMisconfigured } from '../errors.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** Alerts operators, over the channels that there are, of those that cannot be used; and says when all can be used again. */
export async function alertMisconfiguredChannels(
  misconfigured: readonly ChannelMisconfigured[],
  ports: Ports,
): Promise<void> {
  const what = misconfigured.map(({ message }) => message).join(' ');
  const draft = guardianUnwell.draft('channel-misconfigured', ports.now(), what);
  await openWhile(misconfigured.length > 0, draft, 'every channel can be used again', ports);
}

/** Alerts operators of the faults of settings that the guardian does without; and says when there are none any more. */
export async function alertMisconfiguredSettings(faults: readonly string[], ports: Ports): Promise<void> {
  const draft = guardianUnwell.draft('setting-misconfigured', ports.now(), faults.join('; '));
  await openWhile(faults.length > 0, draft, 'every setting can be used', ports);
}
