/** The path of a request to Resource Manager, taken apart. Every part is spelled as the caller wrote it. */
export interface ResourcePath {
  /** The whole path, decoded, without a slash at the end: the id of a resource, or what a list is of. */
  readonly path: string;
  /** What stands before the last `providers`: the scope that a list covers. Empty for the tenant. */
  readonly scope: string;
  readonly subscriptionId: string | undefined;
  readonly resourceGroup: string | undefined;
  /** `Microsoft.Compute/diskEncryptionSets`; undefined where the path names no provider. */
  readonly type: string | undefined;
  /** The last name; undefined where the path ends with a type. */
  readonly name: string | undefined;
}

/**
 * Takes a path apart. Clients write the scope encoded at times, even its first slash.
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
export function resourcePath(pathname: string): ResourcePath {
  const segments = decoded(pathname)
    .split('/')
    .filter((segment) => segment !== '');
  const isAt = (index: number, word: string): boolean => segments[index]?.toLowerCase() === word;
  const provider = segments.findLastIndex((_, index) => isAt(index, 'providers'));
  const [namespace, ...rest] = provider === -1 ? [] : segments.slice(provider + 1);
  const types = rest.filter((_, index) => index % 2 === 0);
  return {
    path: `/${segments.join('/')}`,
    scope: segments
      .slice(0, provider === -1 ? segments.length : provider)
      .map((segment) => `/${segment}`)
      .join(''),
    subscriptionId: isAt(0, 'subscriptions') ? segments[1] : undefined,
    resourceGroup: isAt(2, 'resourcegroups') ? segments[3] : undefined,
    type: namespace === undefined || types.length === 0 ? undefined : [namespace, ...types].join('/'),
    name: rest.length % 2 === 0 ? rest.at(-1) : undefined,
  };
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    // A broken escape names nothing: the path is taken as it came.
    return pathname;
  }
}

/** Whether the scope holds a resource, or is it. Scopes and ids are compared without case. */
export function isWithin(scope: string, id: string): boolean {
  const outer = scope.toLowerCase().replace(/\/$/, '');
  const inner = id.toLowerCase();
  return inner === outer || inner.startsWith(`${outer}/`);
}

const GROUP = /(\/resourcegroups\/)([^/]+)/i;

/** The id with its resource group in upper case, as lists of compute resources have it and what refers to a set (recorded). */
export const withGroupInUpperCase = (id: string): string =>
  id.replace(GROUP, (_, words: string, group: string) => `${words}${group.toUpperCase()}`);

/** The id with its resource group as the caller wrote it, as the answer to a GET has it (recorded). */
export const withGroupAsAsked = (id: string, asked: string | undefined): string =>
  asked === undefined ? id : id.replace(GROUP, (_, words: string) => `${words}${asked}`);
