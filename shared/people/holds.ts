import * as z from 'zod';
import { extendHold, releaseHold, setHold, settleHold } from '../approvals/hold.ts';
import { readHolds } from '../approvals/read.ts';
import { isInForce, settlements } from '../domain/hold.ts';
import { keyPolicy } from '../domain/policy.ts';
import { HOUR_MS } from '../domain/time.ts';
import { endpoint, hours, id, name, why } from './endpoint.ts';
import { refuseUnknown } from './known.ts';

/** Holds: a person stops every write of the guardian. */
export const holdEndpoints = [
  endpoint(
    { method: 'GET', path: 'holds', needs: 'read', says: 'Lists the holds in force.' },
    () => ({}),
    async (_given, _caller, ports) => ({
      holds: (await readHolds(ports)).filter((hold) => isInForce(hold, ports.now())),
    }),
  ),
  endpoint(
    { method: 'POST', path: 'holds', needs: 'steer', says: 'Stops every write to a key, a vault, or everything.' },
    () => ({ vault: name().optional(), key: name().optional(), why: why(), hours: hours().optional() }),
    async ({ vault, key, why, hours }, { who }, ports) => {
      if (vault !== undefined) await refuseUnknown({ vault, key }, ports);
      const ms = hours === undefined ? undefined : hours * HOUR_MS;
      return { hold: await setHold({ vault, key }, why, who, ports, ms) };
    },
  ),
  endpoint(
    { method: 'POST', path: 'holds/{id}/extend', needs: 'steer', says: 'Extends a hold that another person set.' },
    () => ({ id: id(), hours: hours() }),
    async ({ id, hours }, { who }, ports) => ({ hold: await extendHold(id, hours * HOUR_MS, who, ports) }),
  ),
  endpoint(
    {
      method: 'POST',
      path: 'holds/{id}/release',
      needs: 'steer',
      says: 'Ends a hold; with `as`, settles what changed under it.',
    },
    () => ({ id: id(), as: z.enum(settlements).optional() }),
    async ({ id, as }, { who }, ports) => {
      const settled =
        as === undefined
          ? { hold: await releaseHold(id, who, ports), keys: [], asked: [] }
          : await settleHold(id, as, who, ports);
      const others = (await readHolds(ports)).filter((one) => one.id !== id && isInForce(one, ports.now()));
      // The guardian undoes nothing for keys in alert.
      const keys = settled.keys.map(({ vault, key }) => ({
        ...{ vault, key },
        undone: keyPolicy(ports.policy, vault, key).mode === 'block',
      }));
      return { ...settled, keys, others };
    },
  ),
];
