import type { Fault, Identity, OperationName, WireRequest } from '../types.ts';
import type { Answer } from './answer.ts';
import { loggedNameOf } from './audit-record.ts';
import { versionId } from './bundles.ts';
import { conflict, internalError, readOnly, throttled } from './errors.ts';
import { refusedByFirewall, refusedByPermission } from './permissions.ts';
import type { Route } from './routes.ts';
import { sightOf, type Vault } from './store.ts';

type Kind = Fault['answer']['kind'];
type StatusFault =
  | 'throttled'
  | 'forbidden-by-permission'
  | 'forbidden-by-firewall'
  | 'read-only'
  | 'internal-error'
  | 'conflict';

/** The faults that are an answer with a status. A vault that is failed over goes on reading, wrapping and unwrapping. */
export function statusFaults(operation: OperationName): readonly StatusFault[] {
  const any: readonly StatusFault[] = [
    'throttled',
    'forbidden-by-permission',
    'forbidden-by-firewall',
    'internal-error',
    'conflict',
  ];
  return isWrite(operation) ? [...any, 'read-only'] : any;
}

/** What a planned fault answers, in the words of the service. */
export function faultAnswer(
  fault: Fault['answer'],
  {
    vault,
    route,
    identity,
    request,
    nowMs,
  }: { vault: Vault; route: Route; identity: Identity; request: WireRequest; nowMs: number },
): Answer {
  const kind: Kind = fault.kind;
  switch (kind) {
    case 'throttled':
      return throttled();
    case 'forbidden-by-permission':
      return refusedByPermission(vault, identity, route.operation, route.key);
    case 'forbidden-by-firewall':
      return refusedByFirewall(vault, identity, request.address ?? '127.0.0.1');
    case 'read-only':
      return readOnly(loggedNameOf(route.operation));
    case 'internal-error':
      return internalError();
    case 'conflict':
      return conflictOf(vault, route, nowMs);
    case 'unauthorized':
    case 'unreachable':
    case 'lost-answer':
    case 'malformed':
    case 'slow':
    case 'busy':
      throw new Error(`A fault of kind ${kind} is no answer with a status.`);
    default:
      return kind satisfies never;
  }
}

/** Whether a vault that is failed over refuses it. @see https://learn.microsoft.com/azure/key-vault/general/disaster-recovery-guidance */
export function isWrite(operation: OperationName): boolean {
  switch (operation) {
    case 'create':
    case 'import':
    case 'update':
    case 'delete':
    case 'rotate':
    case 'recover':
    case 'purge':
    case 'put-rotation-policy':
    case 'restore':
      return true;
    default:
      return false;
  }
}

/** The conflict with another operation on the same key. */
export function conflictOf(vault: Vault, route: Route, nowMs: number): Answer {
  const sight = sightOf(vault, route.key ?? '', nowMs);
  const kid =
    'current' in sight ? versionId(vault, sight.key, sight.current) : `${vault.origin}/keys/${route.key ?? ''}`;
  if (route.operation === 'recover') return conflict({ kind: 'recovering-in-parallel', kid });
  if (route.operation === 'delete') return conflict({ kind: 'deleting-in-parallel', kid });
  return conflict({ kind: 'in-parallel' });
}
