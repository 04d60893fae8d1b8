import { guardedVaults, vaultsInBlock, vaultsRotated } from '../../domain/policy.ts';
import type { DiagnosticSetting, EventSubscription, ManagementAnswer } from '../../domain/resource-manager.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { vaultSubject } from '../../domain/subject.ts';
import type { EstateVault } from '../../estate/estate.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { openWhile } from '../../incidents/store.ts';
import { kept } from '../../kept.ts';
import type { Ports } from '../../ports.ts';
import { sendsAuditEvents } from '../../posture/checks/audit-events-sent.ts';
import type { Assigned } from '../../posture/facts.ts';
import { type Holder, holdersByPolicy, holdersByRole, unknownRoles } from '../../posture/rights.ts';
import type { Read } from './keep.ts';

/** A right on keys, as a data action of Azure RBAC and as permissions of access policies. */
interface Right {
  readonly action: string;
  readonly permissions: readonly string[];
}

const READ: Right = { action: 'Microsoft.KeyVault/vaults/keys/read', permissions: ['get', 'list'] };
const RESTORE: readonly Right[] = [
  { action: 'Microsoft.KeyVault/vaults/keys/update/action', permissions: ['update'] },
  { action: 'Microsoft.KeyVault/vaults/keys/recover/action', permissions: ['recover'] },
];
const ROTATE: Right = { action: 'Microsoft.KeyVault/vaults/keys/rotate/action', permissions: ['rotate'] };

/** Vaults that are looked at side by side: at some 100 ms a call they stay below the 25 reads a second that Resource Manager allows for long. @see https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling */
const AT_ONCE = 2;

/** The function that vaults send their events to, and the type of event that it is sent. */
const FUNCTION = 'key-vault-event';
const NEW_VERSION = 'Microsoft.KeyVault.KeyNewVersionCreated';

/** What a vault lacks, in words, and what a person can type; or what of it is not known. */
type Found =
  | { readonly kind: 'known'; readonly lacks: readonly string[]; readonly commands?: readonly string[] }
  | { readonly kind: 'unknown'; readonly what: string };

/** The system topics of a subscription, read once in a survey. */
type TopicsOf = Ports['resourceManager']['systemTopics'];

const WIRED: Found = { kind: 'known', lacks: [] };
const lacking = (...lacks: readonly string[]): Found => ({ kind: 'known', lacks });

/**
 * Alerts operators of each guarded vault that is not wired: where an identity of the guardian lacks a right that it needs there,
 * before it needs it, where no diagnostic setting sends the vault's audit events to the guardian, or no event subscription its
 * events; ends that once all is there. What could not be read is neither there nor missing: it opens and ends nothing.
 */
export async function alertUnwired(read: Read, ports: Ports): Promise<void> {
  const vaults = guardedVaults(ports.policy).flatMap((name) => read.estate.vaults.get(name) ?? []);
  const topicsOf = kept(ports.resourceManager.systemTopics);
  await inTurns(AT_ONCE, vaults, async (vault) => {
    const found = [
      missingRights(vault, read, ports),
      await missingDiagnosticSetting(vault, ports),
      await missingSubscription(vault, topicsOf, ports),
    ];
    const lacks = found.flatMap((each) => (each.kind === 'known' ? each.lacks : []));
    const unknown = found.flatMap((each) => (each.kind === 'unknown' ? [`Not known is ${each.what}.`] : []));
    if (lacks.length === 0 && unknown.length > 0) return;
    const says = [`${lacks.join('; ')}.`, ...unknown].join(' ');
    const commands = found.flatMap((each) => (each.kind === 'known' ? (each.commands ?? []) : []));
    const draft = guardianUnwell.draft('not-wired', read.at, says, vaultSubject(vault.name), commands);
    await openWhile(lacks.length > 0, draft, 'all that the guardian needs there is there', ports);
  });
}

/** Whether the audit events of a vault are sent to one of the guardian's destinations. */
async function missingDiagnosticSetting(vault: EstateVault, ports: Ports): Promise<Found> {
  const { auditDestinations = [], auditHub = '' } = ports.settings;
  if (auditDestinations.length === 0) return WIRED;
  const answer = await ports.resourceManager.diagnosticSettings(vault.id);
  if (answer.kind !== 'ok')
    return unread(answer, 'Microsoft.Insights/diagnosticSettings/read', 'whether its audit events are sent');
  const namespaces = auditDestinations.map(namespaceOf);
  const isOurs = ({ workspaceId = '', hubRuleId = '', hubName }: DiagnosticSetting): boolean =>
    auditDestinations.includes(workspaceId) ||
    (hubName === auditHub.toLowerCase() && namespaces.includes(namespaceOf(hubRuleId)));
  if (answer.value.some((setting) => sendsAuditEvents(setting) && isOurs(setting))) return WIRED;
  const lacks = ['no diagnostic setting sends AuditEvent to the guardian, which learns from it who changes a key'];
  const destination = destinationFor(vault, auditDestinations, auditHub);
  return { kind: 'known', lacks, commands: destination === undefined ? [] : [commandFor(vault, destination)] };
}

/** The namespace of one of its rules; the id itself where it is no rule's. */
const namespaceOf = (id: string): string => id.replace(/\/authorizationrules\/[^/]+$/, '');

/** The options that name where a new setting sends to: a workspace, or else the Event Hub of the vault's region, which takes from no other. */
function destinationFor({ location }: EstateVault, destinations: readonly string[], hub: string): string | undefined {
  const workspace = destinations.find((id) => id.includes('/microsoft.operationalinsights/workspaces/'));
  if (workspace !== undefined) return `--workspace ${shellWord(workspace)} --export-to-resource-specific true`;
  const rule = destinations.find((id) => namespaceOf(id).endsWith(`-${location}`));
  return rule === undefined ? undefined : `--event-hub-rule ${shellWord(rule)} --event-hub ${hub}`;
}

/** @see https://learn.microsoft.com/cli/azure/monitor/diagnostic-settings#az-monitor-diagnostic-settings-create */
const commandFor = ({ id }: EstateVault, destination: string): string =>
  `az monitor diagnostic-settings create --name key-guardian --resource ${shellWord(id)} ${destination} --logs '[{"category":"AuditEvent","enabled":true}]'`;

/** Whether the events of a vault are sent to the guardian, through the one system topic that a vault can have. */
async function missingSubscription(
  { id, subscriptionId }: EstateVault,
  topicsOf: TopicsOf,
  ports: Ports,
): Promise<Found> {
  const { appId } = ports.settings;
  if (appId === undefined) return WIRED;
  const what = 'whether its events are sent';
  const topics = await topicsOf(subscriptionId);
  if (topics.kind !== 'ok') return unread(topics, 'Microsoft.EventGrid/systemTopics/read', what);
  const isOurs = ({ functionId, eventTypes }: EventSubscription): boolean =>
    functionId === `${appId}/functions/${FUNCTION}` && eventTypes?.includes(NEW_VERSION) !== false;
  for (const topic of topics.value.filter(({ source }) => source === id)) {
    const answer = await ports.resourceManager.eventSubscriptions(topic.id);
    if (answer.kind !== 'ok') return unread(answer, 'Microsoft.EventGrid/systemTopics/eventSubscriptions/read', what);
    if (answer.value.some(isOurs)) return WIRED;
  }
  return lacking(
    `no event subscription sends ${NEW_VERSION} to the function ${FUNCTION}, so that only sweeps notice new versions`,
  );
}

/** A read that was refused for a right says that the surveyor lacks it; any other says nothing. */
const unread = ({ kind }: Exclude<ManagementAnswer<unknown>, { kind: 'ok' }>, action: string, what: string): Found =>
  kind === 'forbidden'
    ? lacking(`the identity surveyor lacks ${action}, so that nobody knows ${what}`)
    : { kind: 'unknown', what };

/** What each identity lacks in a vault, in words. An identity of which no object id is known lacks nothing. */
function missingRights(
  vault: EstateVault,
  { estate: assigned, partly }: Read,
  { policy, settings: { objectIds = {} } }: Ports,
): Found {
  const isPartly = partly.has('role-assignments') || partly.has('role-definitions');
  if (vault.rbac && (isPartly || unknownRoles(vault, assigned).length > 0))
    return { kind: 'unknown', what: 'whether the guardian has its rights' };
  const isIn = (names: readonly string[]): boolean => names.includes(vault.name.toLowerCase());
  const needs = {
    watcher: [READ],
    keeper: isIn(vaultsInBlock(policy)) ? [READ, ...RESTORE, ...(isIn(vaultsRotated(policy)) ? [ROTATE] : [])] : [],
  };
  return lacking(
    ...(['watcher', 'keeper'] as const).flatMap((identity) => {
      const id = objectIds[identity];
      const lacked = id === undefined ? [] : needs[identity].flatMap((right) => lackedOf(right, id, vault, assigned));
      return lacked.length === 0 ? [] : [`the identity ${identity} lacks ${lacked.join(', ')}`];
    }),
  );
}

/** A group may hold a right for the identity: its members are not read, so nobody knows that it lacks it. */
function lackedOf(
  { action, permissions }: Right,
  id: string,
  vault: EstateVault,
  assigned: Assigned,
): readonly string[] {
  const isHolder = ({ principalId, principalType, key }: Holder): boolean =>
    key === undefined && (principalId.toLowerCase() === id || principalType?.endsWith('Group') === true);
  if (vault.rbac) return holdersByRole(vault, assigned, action, true).some(isHolder) ? [] : [action];
  return permissions.filter((permission) => !holdersByPolicy(vault, permission).some(isHolder));
}
