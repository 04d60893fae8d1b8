import { GUARDIAN } from '../domain/subject.ts';
import type { ChannelMisconfigured } from '../errors.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../incidents/kinds/kind.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** Alerts operators of channels that cannot be used, through the other channels. Resolves the incident once all can be used. */
export async function alertMisconfiguredChannels(
  misconfigured: readonly ChannelMisconfigured[],
  ports: Ports,
): Promise<void> {
  const reason = 'channel-misconfigured';
  const what = misconfigured.map(({ message }) => message).join(' ');
  const draft = misconfigured.length === 0 ? undefined : guardianUnwell.draft(reason, ports.now(), what);
  await openWhile(draft, isOf(guardianUnwell, reason), GUARDIAN, 'every channel can be used again', ports);
}

/** Alerts operators of faults of settings that the guardian runs without. Resolves the incident once there are none. */
export async function alertMisconfiguredSettings(faults: readonly string[], ports: Ports): Promise<void> {
  const reason = 'setting-misconfigured';
  const draft = faults.length === 0 ? undefined : guardianUnwell.draft(reason, ports.now(), faults.join('; '));
  await openWhile(draft, isOf(guardianUnwell, reason), GUARDIAN, 'every setting can be used', ports);
}
