import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { inTurns } from '../shared/in-turns.ts';
import { alertDeadLettersLeft } from '../shared/senses/dead-letters-left.ts';
import { alertFailingChannels } from '../shared/senses/failing-channels.ts';
import { alertMisconfiguredChannels, alertMisconfiguredSettings } from '../shared/senses/misconfigured.ts';
import { watch } from '../shared/senses/sweep/tick.ts';

/** Every half minute: queues the sweeps and alerts that are due, starts chains of ticks again, and alerts people of what does not run, of channels that fail, of channels and settings that cannot be used, and of dead letters that stay. What fails is tried again half a minute later. */
export const sentry = async (): Promise<void> => {
  const { ports, misconfigured, misconfiguredSettings, deadLetterQueues } = compose();
  const steps = [
    () => watch(ports),
    () => alertMisconfiguredChannels(misconfigured, ports),
    () => alertMisconfiguredSettings(misconfiguredSettings, ports),
    () => alertFailingChannels(ports),
    () => alertDeadLettersLeft(deadLetterQueues, ports),
  ];
  await inTurns(1, steps, (step) => step());
};

app.timer('sentry', { schedule: '*/30 * * * * *', runOnStartup: true, handler: sentry });
