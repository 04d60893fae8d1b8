import type { Ports } from '../ports.ts';

/** The partition of the rows of channels that fail. */
export const FAILING = 'failing-channels';

type Needs = { readonly tables: Pick<Ports['tables'], 'failing'>; readonly now: () => Date };

/** Notes that a channel has refused an alert several times. @param because why it refused the last time */
export async function noteFailing(channel: string, because: string, { tables, now }: Needs): Promise<void> {
  await tables.failing.insert(FAILING, channel, { since: now(), because });
}

/** Notes that a channel has accepted an alert: it works. */
export async function noteWorking(channel: string, { tables }: Needs): Promise<void> {
  const stored = await tables.failing.get(FAILING, channel);
  if (stored !== undefined) await tables.failing.remove(stored);
}
