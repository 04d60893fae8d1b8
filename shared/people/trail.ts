import * as z from 'zod';
import type { AuditRecord } from '../domain/audit-record.ts';
import { vaultSubject } from '../domain/subject.ts';
import { DAY_MS, HOUR_MS, later } from '../domain/time.ts';
import { endpoint, name } from './endpoint.ts';
import { refuseUnknown } from './known.ts';

/** The trail: what was sensed, decided, done and alerted. */
export const trailEndpoints = [
  endpoint(
    {
      method: 'GET',
      path: 'trail/{vault}',
      needs: 'read',
      says: 'Shows the records of a vault, or of one of its keys.',
    },
    () => ({ vault: name(), key: name().optional(), hours: z.coerce.number().positive().max(720).default(24) }),
    async ({ vault, key, hours }, _caller, ports) => {
      await refuseUnknown({ vault, key }, ports);
      const now = ports.now();
      const from = later(now, -hours * HOUR_MS);
      const records: AuditRecord[] = [];
      for (let day = from; day.getTime() < now.getTime() + DAY_MS; day = later(day, DAY_MS))
        records.push(...(await ports.trail.read(vaultSubject(vault), day)));
      const isMeant = ({ subject, time }: AuditRecord): boolean =>
        time >= from && (key === undefined || ('key' in subject && subject.key === key));
      return { records: records.filter(isMeant) };
    },
  ),
];
