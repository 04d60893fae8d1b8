import { app } from '@azure/functions';
import { tellMisconfigured, tellMisconfiguredSettings } from '../shared/alerts/tell-misconfigured.ts';
import { compose } from '../shared/compose.ts';
import { inTurns } from '../shared/in-turns.ts';
import { tellPoison } from '../shared/senses/dead-letters-left.ts';
import { watch } from '../shared/senses/sweep/sentry.ts';

/** Each minute: plants the sweep of every vault that has none under way, and tells of channels and settings that cannot be used and of poison that stays. A failure is tried again a minute later. */
export const sentry = async (): Promise<void> => {
  const { ports, misconfigured, misconfiguredSettings, poisonQueues } = compose();
  const told = [
    () => tellMisconfigured(misconfigured, ports),
    () => tellMisconfiguredSettings(misconfiguredSettings, ports),
    () => tellPoison(poisonQueues, ports),
  ];
  await inTurns(1, [() => watch(ports), ...told], (step) => step());
};

app.timer('sentry', { schedule: '0 * * * * *', runOnStartup: true, handler: sentry });
