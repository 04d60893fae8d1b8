import type { ChangedBy } from '../../domain/activity.ts';
import { isEmpty } from '../../domain/key-use.ts';
import {
  type DeletedVault,
  MANAGEMENT_REFUSED,
  type ManagedVault,
  type ManagementAnswer,
} from '../../domain/resource-manager.ts';
import { assignmentId } from '../../domain/role-assignment.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { subscriptionIn } from '../../domain/survey.ts';
import { CLOCKS_APART_MS, later } from '../../domain/time.ts';
import { settingChanges, settingsOf } from '../../domain/vault-settings.ts';
import { ManagementRefused } from '../../errors.ts';
import type { EstateVault } from '../../estate/estate.ts';
import { estateReader } from '../../estate/estate-of.ts';
import { inTurns } from '../../in-turns.ts';
import { incidentId } from '../../incidents/draft.ts';
import { accessCut } from '../../incidents/kinds/access-cut.ts';
import { connect, isOf } from '../../incidents/kinds/kind.ts';
import { vaultChanged } from '../../incidents/kinds/vault-changed.ts';
import { type GoneVault, vaultDeleted } from '../../incidents/kinds/vault-deleted.ts';
import { endIncidents, openIncident, openWhile, readIncidents } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { known, unknown, type VaultFacts } from '../../posture/facts.ts';
import { ASSIGNMENTS, readAssignments } from '../../register/assignments.ts';
import { SURVEYED } from '../../register/scope.ts';
import { closedTo, cutsBy, maybeCutIn, NO_CUTS, type SetOnKey } from './cuts.ts';
import { hangsOn, isOpen, openOf, type Uses, usesOf, valueIn } from './found.ts';

/** Reads of Resource Manager at the same time. */
const AT_ONCE = 4;
/** Role assignments that a deleted vault had, as commands of its incident at most. */
const LOST_NAMED = 4;

/** Reads a vault as it is now: whether it is there, whether its settings are other ones, and whether its sets may use their keys. Returns whether it is good. */
export async function readVault(
  { name, id: named }: { readonly name: string; readonly id?: string | undefined },
  changed: ChangedBy | undefined,
  ports: Ports,
): Promise<boolean> {
  const { surveyed } = ports.scope;
  const id = surveyed.vaults.get(name)?.id ?? named;
  // A vault that no survey has read, and of which an event gives only the name: the next survey finds it.
  if (id === undefined) return true;
  const answer = await ports.resourceManager.vault(id);
  const uses = await usesOf(name, ports);
  const subject = vaultSubject(name);
  if (answer.kind === 'missing') return vaultGone({ name, id, uses }, changed, ports);
  const shown = valueIn(answer);
  await endIncidents(subject, openOf(vaultDeleted), 'Resource Manager shows the vault again', ports);
  const vault = estateVault(shown);
  await alertOfSettings(vault, changed, ports);
  return alertOfCuts(vault, shown, uses, changed, ports);
}

async function vaultGone(
  { name, id, uses }: { readonly name: string; readonly id: string; readonly uses: Uses },
  changed: ChangedBy | undefined,
  ports: Ports,
): Promise<boolean> {
  const subscription = subscriptionIn(id) ?? '';
  const answer = await ports.resourceManager.deletedVaults(subscription);
  const isKnown =
    ports.scope.surveyed.vaults.get(name)?.id === id || (await isOpen(vaultSubject(name), vaultDeleted, ports));
  // A vault that is known to have been there is gone, whether the list of deleted ones can be read or not.
  const listed = answer.kind === 'ok' || !isKnown ? valueIn(answer) : undefined;
  const deleted = listed?.find(({ vaultId }) => vaultId === id);
  // An event alone says that there ever was a vault of that id: anybody could write one.
  if (deleted === undefined && !isKnown) return true;
  const recovery = recoveryOf(answer, deleted);
  const deletedOn = deleted?.deletedOn;
  // An event may come late: whoever wrote to the vault before it was deleted did not delete it.
  const by =
    changed === undefined || (deletedOn !== undefined && changed.at < later(deletedOn, -CLOCKS_APART_MS))
      ? undefined
      : changed;
  const assignments = (await readAssignments(ports.tables, name))?.assignments ?? [];
  const callers = new Set(uses.flatMap(({ use }) => use.users.flatMap(({ objectIds }) => objectIds)));
  const lost = assignments
    .filter(({ scope, principalId }) => isWithin(id, scope) && callers.has(principalId))
    .slice(0, LOST_NAMED)
    .map(
      ({ principalId, role, scope }) =>
        `az role assignment create --assignee-object-id ${principalId} --assignee-principal-type ServicePrincipal --role ${shellWord(role)} --scope ${shellWord(scope)}  # then: recovering does not bring it back`,
    );
  const draft = vaultDeleted.draft({
    vault: name,
    since: deletedOn ?? by?.at ?? ports.now(),
    by: by?.by,
    recovery,
    hangs: hangsOn(name, uses, ports),
    commands:
      recovery.kind === 'not-listed'
        ? []
        : [
            `az keyvault recover --name ${name} --subscription ${shellWord(subscription)}  # brings it back, with its keys`,
            ...lost,
            connect('then, for its event subscriptions'),
          ],
  });
  await openIncident(draft, ports);
  // While it is gone nothing else can be said of it.
  await endIncidents(
    draft.subject,
    (one) => openOf(accessCut)(one) && one.ends === 'with-its-state',
    'the vault was deleted',
    ports,
  );
  return false;
}

const recoveryOf = (
  answer: ManagementAnswer<readonly DeletedVault[]>,
  deleted: DeletedVault | undefined,
): GoneVault['recovery'] => {
  if (deleted !== undefined)
    return { kind: 'listed', until: deleted.scheduledPurgeOn, purgeProtection: deleted.purgeProtection };
  return answer.kind === 'ok' || answer.kind === 'missing'
    ? { kind: 'not-listed' }
    : { kind: 'unknown', because: MANAGEMENT_REFUSED[answer.kind] };
};

/** Alerts of network rules, permission model and purge protection that are other ones than the last survey or read showed. */
async function alertOfSettings(vault: EstateVault, changed: ChangedBy | undefined, ports: Ports): Promise<void> {
  const { name } = vault;
  const row = await ports.tables.surveyed.get(SURVEYED, name);
  const before = row?.value.settings;
  const now = settingsOf(vault);
  if (row === undefined || JSON.stringify(before) === JSON.stringify(now)) return;
  if (before !== undefined && settingChanges(before, now).length > 0) {
    const draft = vaultChanged.draft(name, before, now, changed?.by, changed?.at ?? ports.now());
    // The same for every message that finds it: the row is written last.
    await openIncident(draft, ports, incidentId({ ...draft, since: new Date(0) }, JSON.stringify([before, now])));
  }
  await ports.tables.surveyed.change(SURVEYED, name, (standing) => ({ ...(standing ?? row.value), settings: now }));
}

async function alertOfCuts(
  vault: EstateVault,
  network: ManagedVault,
  uses: Uses,
  changed: ChangedBy | undefined,
  ports: Ports,
): Promise<boolean> {
  const { name } = vault;
  // A set under which nothing is may never have had access: nobody has cut it off.
  const sets = uses.flatMap(({ key, use }) =>
    use.users
      .filter((user) => user.kind === 'disk-encryption-set' && isEmpty(user, use) !== true)
      .map((user): SetOnKey => ({ key, user })),
  );
  const closed = closedTo(sets, vault, network);
  const facts = await factsOf(vault, sets, ports).catch((error: unknown) => {
    // A closed network needs no role assignment to be read. It is read again while it lasts.
    if (error instanceof ManagementRefused && closed.users.length > 0) return undefined;
    throw error;
  });
  // What was said of rights is not taken back without them.
  if (facts === undefined && (await isSaid(closed.causes, name, ports))) return false;
  const without = facts === undefined ? NO_CUTS : cutsBy(facts, sets, ports.now());
  const users = new Set([...closed.users, ...without.users]);
  const draft = accessCut.draft('vault', {
    ...{ subject: vaultSubject(name), since: changed?.at ?? ports.now(), by: changed?.by },
    causes: [...closed.causes, ...without.causes],
    commands: [...closed.commands, ...without.commands],
    hangs: hangsOn(name, uses, ports, new Set([...users].map(({ id }) => id))),
  });
  await openWhile(users.size > 0, draft, 'the sets may use their keys again', ports);
  if (facts !== undefined) await alertOfLostRoles(facts, sets, uses, changed, ports);
  return users.size === 0;
}

/** Whether the open incident of a vault's sets has these causes already. */
async function isSaid(causes: readonly string[], vault: string, ports: Ports): Promise<boolean> {
  const { stored } = await readIncidents(ports, vaultSubject(vault));
  const open = stored.find(({ value }) => value.state === 'open' && isOf(accessCut, 'vault')(value));
  return open !== undefined && causes.every((cause) => open.value.summary.includes(cause));
}

/** Alerts once of identities that lost the roles which the last surveys showed, where a group may still let them in. A person says whether it does. */
async function alertOfLostRoles(
  facts: VaultFacts,
  sets: readonly SetOnKey[],
  uses: Uses,
  changed: ChangedBy | undefined,
  ports: Ports,
): Promise<void> {
  const { vault, assigned } = facts;
  if (assigned.kind === 'unknown') return;
  const ids = new Set(assigned.value.assignments.map(({ id }) => assignmentId(id)));
  const { assignments: before = [], lost: lostBefore = [] } = (await readAssignments(ports.tables, vault.name)) ?? {};
  const gone = [...lostBefore, ...before].filter(({ id }) => !ids.has(id));
  const lost = new Set(gone.map(({ principalId }) => principalId.toLowerCase()));
  const { users, causes, commands } = maybeCutIn(facts, lost, sets, ports.now());
  const subject = vaultSubject(vault.name);
  if (users.length > 0) {
    const draft = accessCut.draft('role-lost', {
      ...{ subject, since: changed?.at ?? ports.now(), by: changed?.by, causes, commands },
      hangs: hangsOn(vault.name, uses, ports, new Set(users.map(({ id }) => id))),
    });
    const id = incidentId({ ...draft, since: new Date(0) }, JSON.stringify(gone.map((one) => one.id).toSorted()));
    const { stored } = await readIncidents(ports, subject);
    // Where a person has closed it, they know.
    if (stored.every(({ value }) => value.id !== id)) await openIncident(draft, ports, id);
  }
  if (lostBefore.length === 0) return;
  // What a survey finds gone meanwhile stays.
  const seen = new Set(lostBefore.map(({ id }) => id));
  await ports.tables.assignments.change(ASSIGNMENTS, vault.name, ({ assignments, lost = [] } = { assignments: [] }) => {
    const left = lost.filter(({ id }) => !seen.has(id));
    return { assignments, ...(left.length === 0 ? {} : { lost: left }) };
  });
}

/** A vault as the survey would have it. */
function estateVault({ networkBypass: _, accessPolicies, ...vault }: ManagedVault): EstateVault {
  const reader = estateReader();
  const policies = accessPolicies.map(({ permissions, ...policy }) => ({
    ...policy,
    permissions: { keys: [...(permissions?.keys ?? [])] },
  }));
  reader.add('vaults', [{ ...vault, tenantId: undefined, uri: undefined, sku: undefined, accessPolicies: policies }]);
  const [read] = reader.estate().vaults.values();
  if (read === undefined) throw new Error(`Resource Manager shows no name of ${vault.id}.`);
  return read;
}

/** The vault with the role assignments that decide about its sets: theirs, and those of groups, which they may be in. */
async function factsOf(vault: EstateVault, sets: readonly SetOnKey[], ports: Ports): Promise<VaultFacts> {
  const { resourceManager } = ports;
  const reader = estateReader();
  const callers = new Set(sets.flatMap(({ user }) => user.objectIds));
  if (vault.rbac && callers.size > 0) {
    const assignments = valueIn(await resourceManager.roleAssignments(vault.id)).filter(
      ({ principalId, principalType }) =>
        callers.has(principalId.toLowerCase()) || principalType?.endsWith('Group') === true,
    );
    reader.add('role-assignments', assignments);
    await inTurns(AT_ONCE, [...new Set(assignments.map((one) => one.roleDefinitionId))], async (id) => {
      const answer = await resourceManager.roleDefinition(id);
      // Without its definition nobody knows what it allows: then nothing is said of who may what.
      if (answer.kind === 'missing') return;
      const { permissions, ...role } = valueIn(answer);
      const copies = permissions.map((each) => ({
        actions: [...(each.actions ?? [])],
        notActions: [...(each.notActions ?? [])],
        dataActions: [...(each.dataActions ?? [])],
        notDataActions: [...(each.notDataActions ?? [])],
      }));
      reader.add('role-definitions', [{ ...role, permissions: copies }]);
    });
  }
  const { assignments, roles } = reader.estate();
  return {
    kind: 'vault',
    vault,
    locks: unknown('locks are not read'),
    diagnosticSettings: unknown('diagnostic settings are not read'),
    assigned: known({ assignments, roles }),
  };
}

const isWithin = (id: string, scope: string): boolean => scope === id || scope.startsWith(`${id}/`);
