import * as z from 'zod';
import { askApproval, grantApproval, withdrawApproval } from '../approvals/approve.ts';
import { breakGlass } from '../approvals/break-glass.ts';
import { readApprovals } from '../approvals/read.ts';
import { approvableActs } from '../domain/approval.ts';
import { HOUR_MS, later } from '../domain/time.ts';
import { endpoint, hours, id, name, why } from './endpoint.ts';
import { refuseUnknown } from './known.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Approvals: one person asks, another grants. */
export const approvalEndpoints = [
  endpoint(
    { method: 'GET', path: 'approvals/{vault}', needs: 'read', says: 'Lists the approvals of a vault.' },
    () => ({ vault: name() }),
    async ({ vault }, _caller, ports) => ({ approvals: await readApprovals(ports, vault) }),
  ),
  endpoint(
    { method: 'POST', path: 'approvals/{vault}', needs: 'ask', says: 'Asks for an approval; it allows nothing yet.' },
    () => ({
      vault: name(),
      key: name().optional(),
      version: name().optional(),
      acts: z.array(z.enum(approvableActs)).min(1),
      why: why(),
      /** The object id of who may do it; `anyone` for everybody but the granter. */
      by: z.union([z.literal('anyone'), z.string().regex(GUID, 'must be an object id, or anyone')]).default('anyone'),
      from: z.iso.datetime({ offset: true }).optional(),
      hours: hours().default(1),
      ticket: z.string().max(100).optional(),
    }),
    async ({ vault, key, version, acts, why, by, from: begins, hours, ticket }, { who }, ports) => {
      await refuseUnknown({ vault, key, version }, ports);
      const from = begins === undefined ? ports.now() : new Date(begins);
      const until = later(from, hours * HOUR_MS);
      const about = { vault, key: key ?? '*', version: version ?? '*', acts, by, from, until, why };
      return { approval: await askApproval({ ...about, ...(ticket === undefined ? {} : { ticket }) }, who, ports) };
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: 'approvals/{vault}/{id}/grant',
      needs: 'approve',
      says: 'Grants what somebody else asked for.',
    },
    () => ({ vault: name(), id: id() }),
    async ({ vault, id }, { who }, ports) => ({ approval: await grantApproval(vault, id, who, ports) }),
  ),
  endpoint(
    { method: 'POST', path: 'approvals/{vault}/{id}/withdraw', needs: 'ask', says: 'Withdraws an approval.' },
    () => ({ vault: name(), id: id() }),
    async ({ vault, id }, { who }, ports) => ({ approval: await withdrawApproval(vault, id, who, ports) }),
  ),
  endpoint(
    {
      method: 'POST',
      path: 'break-glass/{vault}/{key}/{version}',
      needs: 'steer',
      says: 'Allows the person to disable one version within the hour, without a second person; everyone is alerted.',
    },
    () => ({ vault: name(), key: name(), version: name(), why: why() }),
    async ({ vault, key, version, why }, { who }, ports) => {
      await refuseUnknown({ vault, key, version }, ports);
      return { approval: await breakGlass({ vault, key, version }, why, who, ports) };
    },
  ),
];
