import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { watch } from '../shared/senses/sentry.ts';

/** Each minute: plants the sweep of every vault that has none under way. A failure is tried again a minute later. */
export const sentry = async (): Promise<void> => watch(compose().ports);

app.timer('sentry', { schedule: '0 * * * * *', runOnStartup: true, handler: sentry });
