import * as z from 'zod';
import type { Actor } from '../domain/audit-record.ts';
import { escaped } from '../domain/escaped.ts';
import { assignmentId } from '../domain/role-assignment.ts';
import { wholeText } from '../incidents/quarantine.ts';
import { callerOf } from './audit-identity.ts';

/** What a write to Resource Manager may have changed. Ids and names in lower case. */
export type Touched =
  | { readonly kind: 'set'; readonly id: string }
  /** `id`: its resource id; absent where the write names only its name. */
  | { readonly kind: 'vault'; readonly vault: string; readonly id?: string }
  /** The access to whatever lies in a scope. */
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'identity'; readonly id: string };

/** A write that may have changed what guarded keys depend on. Of these, only who did it is believed. */
export interface Activity {
  readonly id: string;
  readonly touched: Touched;
  readonly by: Actor;
  readonly at: Date;
}

/** What an event is. */
export type ReadActivity =
  | { readonly kind: 'activity'; readonly activity: Activity }
  /** Of another operation, or one that failed and so changed nothing: most events are such. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unparsed'; readonly content: string; readonly because: string };

const NOTHING: ReadActivity = { kind: 'nothing' };

/** What each operation touches, by its name in lower case. A deployment subscribes to these alone. */
const TOUCHED_BY: ReadonlyMap<string, (id: string) => Touched | undefined> = new Map([
  ['microsoft.compute/diskencryptionsets/write', touchedSet],
  ['microsoft.compute/diskencryptionsets/delete', touchedSet],
  ['microsoft.keyvault/vaults/write', touchedVault],
  ['microsoft.keyvault/vaults/delete', touchedVault],
  ['microsoft.keyvault/vaults/accesspolicies/write', touchedVault],
  ['microsoft.keyvault/locations/deletedvaults/purge/action', touchedDeletedVault],
  ['microsoft.authorization/roleassignments/write', touchedScope],
  ['microsoft.authorization/roleassignments/delete', touchedScope],
  ['microsoft.managedidentity/userassignedidentities/delete', touchedIdentity],
]);

/** The operations that the sense makes something of, in lower case. @see https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations */
export const OPERATIONS: readonly string[] = [...TOUCHED_BY.keys()];

/** A canceled change may have been done in part; a failed one is taken to have changed nothing, or anybody without a right could have everything read. */
const TYPES = new Set(
  ['Write', 'Delete', 'Action']
    .flatMap((kind) => [`microsoft.resources.resource${kind}success`, `microsoft.resources.resource${kind}cancel`])
    .map((type) => type.toLowerCase()),
);

const text = z.string().nullish();
/** An event in Event Grid's own schema or in CloudEvents 1.0. */
const event = z.object({
  id: z.string(),
  subject: text,
  eventTime: text,
  time: text,
  data: z.object({
    resourceUri: text,
    claims: z.record(z.string(), z.unknown()).nullish(),
    authorization: z
      .object({
        evidence: z
          .object({ role: text, roleAssignmentId: text, roleAssignmentScope: text })
          .nullish()
          .catch(undefined),
      })
      .nullish()
      .catch(undefined),
    httpRequest: z.object({ clientIpAddress: text }).nullish().catch(undefined),
  }),
});

/** Only its type and its operation: what is not meant costs no more. */
const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null;

/**
 * What an event of the Activity Log tells. Names differ in case between sources, and the event never says what changed.
 *
 * @param given as the trigger gives it: parsed
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
 */
export function activityOf(given: unknown, now: Date): ReadActivity {
  if (!isObject(given)) return unparsed(given, 'it is no object');
  const type = given.eventType ?? given.type;
  if (typeof type !== 'string' || type.trim() === '') return unparsed(given, 'it has no type');
  if (!TYPES.has(type.trim().toLowerCase())) return NOTHING;
  const operation = isObject(given.data) ? given.data.operationName : undefined;
  if (typeof operation !== 'string') return unparsed(given, 'it names no operation');
  const touchedBy = TOUCHED_BY.get(operation.trim().toLowerCase());
  if (touchedBy === undefined) return NOTHING;
  const parsed = event.safeParse(given);
  if (!parsed.success) return unparsed(given, z.prettifyError(parsed.error));
  const { id, subject, data, eventTime, time } = parsed.data;
  const resource = (data.resourceUri ?? subject ?? '').trim().replace(/\/+$/, '').toLowerCase();
  const touched = touchedBy(resource);
  if (touched === undefined) return unparsed(given, `${operation} names no resource of its kind`);
  const at = new Date(eventTime ?? time ?? Number.NaN);
  return {
    kind: 'activity',
    activity: { id, touched, by: actorOf(parsed.data), at: Number.isNaN(at.getTime()) ? now : at },
  };
}

const unparsed = (given: unknown, because: string): ReadActivity => ({
  kind: 'unparsed',
  content: wholeText(given),
  because,
});

/** Who did it, by the claims of the token, and by which role. */
function actorOf({ data }: z.infer<typeof event>): Actor {
  const { claims, httpRequest, authorization } = data;
  const address = httpRequest?.clientIpAddress ?? claims?.ipaddr;
  const actor = callerOf(claims ?? {}, typeof address === 'string' ? address : undefined);
  const { role, roleAssignmentId, roleAssignmentScope } = authorization?.evidence ?? {};
  if (roleAssignmentId == null) return actor;
  const says = [role, roleAssignmentScope == null ? undefined : `at ${roleAssignmentScope}`].filter(
    (one) => one != null,
  );
  return {
    ...actor,
    assignment: { id: assignmentId(roleAssignmentId), ...(says.length === 0 ? {} : { says: escaped(says.join(' ')) }) },
  };
}

const RESOURCE = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/(microsoft\.[^/]+\/[^/]+)\/([^/]+)/;

/** The id of the resource of a type that an id names, or that it is under. */
function idIn(id: string, type: string): { readonly id: string; readonly name: string } | undefined {
  const [whole, of, name] = RESOURCE.exec(id) ?? [];
  return whole === undefined || name === undefined || of !== type ? undefined : { id: whole, name };
}

function touchedSet(id: string): Touched | undefined {
  const set = idIn(id, 'microsoft.compute/diskencryptionsets');
  return set && { kind: 'set', id: set.id };
}

function touchedVault(id: string): Touched | undefined {
  const vault = idIn(id, 'microsoft.keyvault/vaults');
  return vault && { kind: 'vault', vault: vault.name, id: vault.id };
}

function touchedDeletedVault(id: string): Touched | undefined {
  const [, vault] = /\/deletedvaults\/([^/]+)/.exec(id) ?? [];
  return vault === undefined ? undefined : { kind: 'vault', vault };
}

const ASSIGNMENTS = '/providers/microsoft.authorization/roleassignments/';

function touchedScope(id: string): Touched | undefined {
  const end = id.lastIndexOf(ASSIGNMENTS);
  return end <= 0 ? undefined : { kind: 'scope', scope: id.slice(0, end) };
}

function touchedIdentity(id: string): Touched | undefined {
  const identity = idIn(id, 'microsoft.managedidentity/userassignedidentities');
  return identity && { kind: 'identity', id: identity.id };
}
