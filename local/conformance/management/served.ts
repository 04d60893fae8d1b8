import { z } from 'zod';
import { resourcePath } from '../../azure/resource-manager/ids.ts';
import type { Exchange } from '../recordings.ts';
import type { Served } from '../served.ts';

/** Types whose resources can be seeded from what they answered. */
const READ = [
  'microsoft.compute/disks',
  'microsoft.compute/snapshots',
  'microsoft.compute/virtualmachines',
  'microsoft.compute/virtualmachinescalesets',
  'microsoft.keyvault/vaults',
  'microsoft.authorization/roleassignments',
  'microsoft.authorization/roledefinitions',
  'microsoft.authorization/locks',
];
const SETS = 'microsoft.compute/diskencryptionsets';
const OPERATIONS = 'microsoft.compute/locations/diskoperations';

/** Codes of refusals that follow from the request and what was there. */
const SEEDED_ERRORS = [
  'ResourceNotFound',
  'NotFound',
  'AuthorizationFailed',
  'ResourceRequestsThrottled',
  'OperationNotAllowed',
];
const errorBody = z.object({ error: z.object({ code: z.string() }) });
const withSystemData = z.looseObject({ systemData: z.unknown().refine((value) => value !== undefined) });

/** Whether the local Azure can be asked for an exchange with Resource Manager; told from the exchange alone, as for vaults. */
export function managementServed(exchange: Exchange): Served {
  const because = lackOf(exchange);
  return because === undefined ? { kind: 'served' } : { kind: 'not-served', because };
}

function lackOf({ method, url, answer }: Exchange): string | undefined {
  const { type: asked = '', path } = resourcePath(url.pathname);
  const type = asked.toLowerCase();
  const code = errorBody.safeParse(answer.body).data?.error.code;
  if (answer.status >= 400) {
    if (code === undefined || !SEEDED_ERRORS.includes(code))
      return `status ${answer.status} ${code ?? 'without a code'}`;
    return undefined;
  }
  if (type === SETS) return answer.status === 201 ? 'PUT before 2019-11-01: it was done at once' : undefined;
  if (type === `${SETS}/associatedresources`) return undefined;
  if (type === OPERATIONS) return undefined;
  if (type === '') return `path ${path}`;
  if (!READ.includes(type)) return `type ${asked}`;
  if (url.search.includes('%24skiptoken')) return 'a page of a merged list: only the service reads its token';
  if (method !== 'GET') return `${method} of ${asked}: no feature calls it`;
  if (url.searchParams.has('$expand')) return `the expansion ${url.searchParams.get('$expand')}`;
  return withSystemData.safeParse(answer.body).success ? 'systemData: who made it is not played' : undefined;
}
