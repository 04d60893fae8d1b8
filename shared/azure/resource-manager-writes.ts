import type { ResourceManagerWrites } from '../domain/resource-manager.ts';
import type { Answer } from '../domain/vault.ts';
import { ManagementRefused } from '../errors.ts';
import { MANAGEMENT, type ManagementConnection, managementClient } from './management-client.ts';
import { codeIn, failureOf, refusalOf } from './management-refusals.ts';
import { SETS } from './resource-manager.ts';

/** The write of Azure Resource Manager. Each request is sent once: the caller reads what came of it before it sends another. */
export function resourceManagerWrites(connection: ManagementConnection): ResourceManagerWrites {
  const { endpoint = MANAGEMENT } = connection;
  const send = managementClient({ ...connection, maxRetries: 0 });
  return {
    async pointSet(id, keyUrl, requestId) {
      const doing = `pointing ${id} at ${keyUrl}`;
      try {
        // The vault is not named: the URL names it, and who names a resource may need a right on it.
        const body = { properties: { activeKey: { keyUrl } } };
        const response = await send('PATCH', `${endpoint}${id}?api-version=${SETS}`, body, requestId);
        const { status } = response;
        if (status === 200 || status === 202) return { kind: 'ok', value: undefined };
        const code = codeIn(response.bodyAsText ?? '');
        if (status === 409)
          return { kind: 'conflict', error: new ManagementRefused(doing, { status, code }, undefined) };
        return inWordsOfVaults(refusalOf(response, doing));
      } catch (error) {
        return inWordsOfVaults(failureOf(error, doing));
      }
    },
  };
}

/** A refusal as that of a vault: a write has one kind of answer, wherever it goes. */
function inWordsOfVaults(refusal: ReturnType<typeof refusalOf>): Answer<never> {
  if (refusal.kind === 'missing') return refusal;
  const { kind, error } = refusal;
  return { kind: kind === 'forbidden' ? 'forbidden-by-permission' : kind, error };
}
