import { app, type EventGridEvent } from '@azure/functions';
import { composeNow } from '../shared/compose.ts';
import { takeActivity } from '../shared/senses/activity/take.ts';

/** Has read again what a write to Resource Manager touched. Throws when storage is unreachable or the policy cannot be used, so that Event Grid delivers again. */
export async function activityLog(event: EventGridEvent): Promise<void> {
  const { ports } = await composeNow();
  await takeActivity(event, ports);
}

app.eventGrid('activity-log', { handler: activityLog });
