import * as z from 'zod';
import { acknowledgeIncident, closeIncident, findIncident } from '../approvals/close.ts';
import { HOUR_MS } from '../domain/time.ts';
import { readIncidents } from '../incidents/store.ts';
import { endpoint, id, why } from './endpoint.ts';

/** Incidents: what people were alerted of. */
export const incidentEndpoints = [
  endpoint(
    { method: 'GET', path: 'incidents', needs: 'read', says: 'Lists open incidents, and those resolved lately.' },
    () => ({ hours: z.coerce.number().positive().max(720).default(24) }),
    async ({ hours }, _caller, ports) => {
      const { stored, unreadable } = await readIncidents(ports);
      const fromMs = ports.now().getTime() - hours * HOUR_MS;
      return {
        incidents: stored
          .map(({ value }) => value)
          .filter(({ state, endedAt }) => state === 'open' || (endedAt?.getTime() ?? 0) >= fromMs),
        unreadable: unreadable.map(({ message }) => message),
      };
    },
  ),
  endpoint(
    { method: 'GET', path: 'incidents/{id}', needs: 'read', says: 'Shows everything that is known of one incident.' },
    () => ({ id: id() }),
    async ({ id }, _caller, ports) => ({ incident: (await findIncident(id, ports)).value }),
  ),
  endpoint(
    { method: 'POST', path: 'incidents/{id}/acknowledge', needs: 'steer', says: 'Says that the person works on it.' },
    () => ({ id: id() }),
    async ({ id }, { who }, ports) => ({ incident: await acknowledgeIncident(id, who, ports) }),
  ),
  endpoint(
    {
      method: 'POST',
      path: 'incidents/{id}/close',
      needs: 'steer',
      says: 'Closes an incident that reports an act, or abandons what is gone.',
    },
    () => ({ id: id(), why: why() }),
    async ({ id, why }, { who }, ports) => ({ incident: await closeIncident(id, why, who, ports) }),
  ),
];
