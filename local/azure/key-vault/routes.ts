import type { OperationName } from '../types.ts';

/** What a request asks for, from its method and path alone. Names are decoded but not yet checked. */
export interface Route {
  readonly operation: OperationName;
  readonly key: string | undefined;
  /** Undefined where the path names none or an empty one. */
  readonly version: string | undefined;
  /** For operation 'unknown': what the service calls it in its log, where the service has it and the local Azure does not. */
  readonly unserved: string | undefined;
}

/**
 * Takes every spelling that recorded clients send: a slash at the end, an empty version, `wrapKey` and `wrapkey`.
 * @see https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups
 */
export function routeOf(method: string, pathname: string): Route {
  const segments = pathname.split('/').slice(1).map(decode);
  if (segments.length > 1 && segments.at(-1) === '') segments.pop();
  const [collection = '', name, ...rest] = segments;
  switch (collection.toLowerCase()) {
    case 'keys':
      return keyRoute(method, name, rest);
    case 'deletedkeys':
      return deletedKeyRoute(method, name, rest);
    default:
      return unknown(undefined, undefined);
  }
}

function keyRoute(method: string, name: string | undefined, rest: readonly string[]): Route {
  if (name === undefined) return method === 'GET' ? route('list') : unknown(undefined, undefined);
  const [first = '', second] = rest;
  if (rest.length > 2) return unknown(name, undefined);
  switch (method) {
    case 'GET':
      if (second !== undefined) return unknown(name, second.toLowerCase() === 'attestation' ? 'KeyGet' : undefined);
      if (first === '') return route('get', name);
      if (first.toLowerCase() === 'versions') return route('list-versions', name);
      if (first.toLowerCase() === 'rotationpolicy') return route('get-rotation-policy', name);
      return route('get-version', name, first);
    case 'PATCH':
      return second === undefined ? route('update', name, first) : unknown(name, undefined);
    case 'PUT':
      if (first.toLowerCase() === 'rotationpolicy') return route('put-rotation-policy', name);
      return first === '' ? route('import', name) : unknown(name, undefined);
    case 'DELETE':
      return first === '' ? route('delete', name) : unknown(name, undefined);
    case 'POST':
      return second === undefined ? postRoute(name, '', first) : postRoute(name, first, second);
    default:
      return unknown(name, undefined);
  }
}

function postRoute(name: string, version: string, action: string): Route {
  switch (action.toLowerCase()) {
    case 'create':
      return version === '' ? route('create', name) : unknown(name, undefined);
    case 'rotate':
      return version === '' ? route('rotate', name) : unknown(name, undefined);
    case 'wrapkey':
      return route('wrapkey', name, version);
    case 'unwrapkey':
      return route('unwrapkey', name, version);
    case 'encrypt':
      return route('encrypt', name, version);
    case 'decrypt':
      return route('decrypt', name, version);
    case 'sign':
      return route('sign', name, version);
    case 'verify':
      return route('verify', name, version);
    case 'backup':
      return version === '' ? route('backup', name) : unknown(name, undefined);
    case 'release':
      return unknown(name, 'KeyRelease');
    case '':
      return name.toLowerCase() === 'restore' ? route('restore') : unknown(name, undefined);
    default:
      return unknown(name, undefined);
  }
}

function deletedKeyRoute(method: string, name: string | undefined, rest: readonly string[]): Route {
  if (name === undefined) return method === 'GET' ? route('list-deleted') : unknown(undefined, undefined);
  const [action] = rest;
  if (action === undefined && method === 'GET') return route('get-deleted', name);
  if (action === undefined && method === 'DELETE') return route('purge', name);
  if (rest.length === 1 && action?.toLowerCase() === 'recover' && method === 'POST') return route('recover', name);
  return unknown(name, undefined);
}

function route(operation: OperationName, key?: string, version?: string): Route {
  return { operation, key, version: version === '' ? undefined : version, unserved: undefined };
}

function unknown(key: string | undefined, unserved: string | undefined): Route {
  return { operation: 'unknown', key, version: undefined, unserved };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A broken escape is no name either way: the check of the name refuses it as it came.
    return segment;
  }
}
