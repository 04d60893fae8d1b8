import { app } from '@azure/functions';
import { tellMisconfigured } from '../shared/alerts/tell-misconfigured.ts';
import { compose } from '../shared/compose.ts';
import { inTurns } from '../shared/in-turns.ts';
import { watch } from '../shared/senses/sentry.ts';

/** Each minute: plants the sweep of every vault that has none under way, and tells of channels that cannot be used. A failure is tried again a minute later. */
export const sentry = async (): Promise<void> => {
  const { ports, misconfigured } = compose();
  await inTurns(1, [() => watch(ports), () => tellMisconfigured(misconfigured, ports)], (step) => step());
};

app.timer('sentry', { schedule: '0 * * * * *', runOnStartup: true, handler: sentry });
