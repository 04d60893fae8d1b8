import { app, type InvocationContext, type Timer } from '@azure/functions';
import { composeNow } from '../shared/compose.ts';
import { beat } from '../shared/senses/heartbeat.ts';

/** Every five minutes: logs a heartbeat, and sends it outside Azure. Throws where it cannot; nobody tries again, and the next one comes five minutes later. */
export async function heartbeat(_timer: Timer, context: InvocationContext): Promise<void> {
  const { ports, heartbeat: outside } = await composeNow();
  await beat(ports, outside, context);
}

app.timer('heartbeat', { schedule: '0 */5 * * * *', handler: heartbeat });
