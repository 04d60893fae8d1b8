import { isDeepStrictEqual } from 'node:util';
import type { KeyUse } from '../../domain/key-use.ts';
import { assignmentId, type VaultAssignments } from '../../domain/role-assignment.ts';
import { type SurveyedVault, subscriptionIn } from '../../domain/survey.ts';
import { settingsOf, type VaultSettings } from '../../domain/vault-settings.ts';
import type { Estate, Permissions } from '../../estate/estate.ts';
import { keyUses } from '../../estate/key-uses.ts';
import type { GraphQuery } from '../../estate/rows.ts';
import { inTurns } from '../../in-turns.ts';
import { quarantineRows } from '../../incidents/quarantine.ts';
import type { Ports } from '../../ports.ts';
import { ASSIGNMENTS } from '../../register/assignments.ts';
import type { Listed, Rows, Stored } from '../../register/rows.ts';
import { SURVEYED } from '../../register/scope.ts';
import { isSameUse, mergedUse, mergedVault, surveyedKeyOf } from './merge.ts';

/** Vaults whose rows are written at the same time. */
const VAULTS_AT_ONCE = 8;

/** What could not be read, in sentences that a vault's row holds at most: every vault's row has them. */
const MOST_UNKNOWN = 10;

/** What a survey has read. */
export interface Read {
  readonly at: Date;
  readonly estate: Estate;
  /** The subscriptions that were read, by id in lower case. */
  readonly subscriptions: readonly string[];
  /** Why others could not be read, by id in lower case, in sentences. */
  readonly unread: ReadonlyMap<string, string>;
  /** The queries some of whose rows could not be read. */
  readonly partly: ReadonlySet<GraphQuery>;
}

/** A vault after a survey, with what hangs on each of its keys that is in use. */
export interface KeptVault {
  readonly name: string;
  readonly before: SurveyedVault | undefined;
  /** `undefined` where nothing is left to know of it. */
  readonly now: SurveyedVault | undefined;
  readonly uses: ReadonlyMap<string, KeyUse>;
  /** Whether the survey shows other settings or role assignments of it than it had, or not the vault any more. Resource Graph may be minutes behind: the vault itself is to be read. */
  readonly isOther: boolean;
}

/** Writes what a survey found, where it has changed. Returns every vault that was or is known. */
export async function keepFound(read: Read, ports: Ports): Promise<readonly KeptVault[]> {
  const { tables } = ports;
  const found = new Map<string, Map<string, KeyUse>>();
  for (const { vault, key, use } of keyUses(read.estate, read.at))
    found.set(vault, (found.get(vault) ?? new Map<string, KeyUse>()).set(key, use));
  const known = await readable(await tables.surveyed.list(SURVEYED), tables.surveyed, ports);
  const assignments = await readable(await tables.assignments.list(ASSIGNMENTS), tables.assignments, ports);
  const names = new Set([...known.keys(), ...read.estate.vaults.keys(), ...found.keys()]);
  const kept: KeptVault[] = [];
  await inTurns(VAULTS_AT_ONCE, [...names].toSorted(), async (name) => {
    const uses = await keepUses(name, found.get(name) ?? new Map(), read, ports);
    const standing = known.get(name);
    const keys = Object.fromEntries([...uses].map(([key, use]) => [key, surveyedKeyOf(use)]));
    const unknown = [...read.unread.values(), ...read.estate.unknown].slice(0, MOST_UNKNOWN);
    const vault = read.estate.vaults.get(name);
    const shown = vault && settingsOf(vault);
    const now = mergedVault(standing?.value, { id: vault?.id, settings: shown, keys, unknown }, read.unread, read.at);
    if (now !== undefined) await writeChanged(tables.surveyed, SURVEYED, name, standing, now);
    else if (standing !== undefined) await tables.surveyed.remove(standing);
    const isReassigned = await keepAssignments(name, assignments.get(name), read.estate, ports);
    kept.push({
      ...{ name, before: standing?.value, now, uses },
      isOther: isReassigned || isOther(standing?.value, shown, read.unread),
    });
  });
  return kept;
}

function isOther(before: SurveyedVault | undefined, shown: VaultSettings | undefined, unread: Read['unread']): boolean {
  if (before?.id === undefined || unread.has(subscriptionIn(before.id) ?? '')) return false;
  return shown === undefined || (before.settings !== undefined && !isDeepStrictEqual(before.settings, shown));
}

/** Writes what hangs on the keys of one vault. Returns it. */
async function keepUses(
  vault: string,
  found: ReadonlyMap<string, KeyUse>,
  { unread }: Read,
  ports: Ports,
): Promise<ReadonlyMap<string, KeyUse>> {
  const { uses } = ports.tables;
  const before = await readable(await uses.list(vault), uses, ports);
  const kept = new Map<string, KeyUse>();
  for (const key of new Set([...before.keys(), ...found.keys()])) {
    const standing = before.get(key);
    const use = mergedUse(standing?.value, found.get(key), unread);
    if (use === undefined) {
      if (standing !== undefined) await uses.remove(standing);
    } else if (standing !== undefined && isSameUse(standing.value, use)) {
      kept.set(key, standing.value);
    } else {
      await uses.write(vault, key, standing, use);
      kept.set(key, use);
    }
  }
  return kept;
}

/** Lost assignments of a vault that are kept until they were looked at, at most. */
const MOST_LOST = 100;

/** Writes the role assignments that let somebody use or change the keys of a vault. Those of a vault that was not read stay. Returns whether they are other ones. */
async function keepAssignments(
  name: string,
  standing: Stored<VaultAssignments> | undefined,
  estate: Estate,
  { tables }: Ports,
): Promise<boolean> {
  const vault = estate.vaults.get(name);
  if (vault === undefined) return false;
  const assignments = estate.assignments.flatMap(({ id, role, scope, principalId, principalType }) => {
    const { name: roleName, permissions } = estate.roles.get(role) ?? {};
    if (!reaches(scope, vault.id) || permissions?.some(isOnKeys) !== true) return [];
    const of = { role: roleName ?? role, principalId, scope };
    return [{ id: assignmentId(id), ...of, ...(principalType === undefined ? {} : { principalType }) }];
  });
  const ids = new Set(assignments.map(({ id }) => id));
  const { assignments: before = [], lost: lostBefore = [] } = standing?.value ?? {};
  const lost = [...lostBefore, ...before].filter(({ id }) => !ids.has(id)).slice(-MOST_LOST);
  await writeChanged(tables.assignments, ASSIGNMENTS, name, standing, {
    assignments,
    ...(lost.length === 0 ? {} : { lost }),
  });
  return standing !== undefined && !isDeepStrictEqual(standing.value.assignments, assignments);
}

/** Writes a row where its value has changed. Where another survey is faster, its row stands. */
async function writeChanged<T>(
  rows: Rows<T>,
  partition: string,
  row: string,
  standing: Stored<T> | undefined,
  value: T,
): Promise<void> {
  if (standing !== undefined && isDeepStrictEqual(standing.value, value)) return;
  await rows.write(partition, row, standing, value);
}

/** Whether an assignment at a scope reaches a vault or one of its keys: one above a subscription reaches all of it. */
const reaches = (scope: string, vault: string): boolean =>
  scope === '/' ||
  scope.startsWith('/providers/microsoft.management/') ||
  vault === scope ||
  vault.startsWith(`${scope}/`) ||
  scope.startsWith(`${vault}/`);

const isOnKeys = ({ dataActions }: Permissions): boolean =>
  dataActions.some((action) => action.startsWith('*') || action.toLowerCase().startsWith('microsoft.keyvault/'));

/** Rows by their names. Rows that cannot be read are quarantined and removed: this survey writes them anew. */
async function readable<T>({ stored, unreadable }: Listed<T>, rows: Rows<T>, ports: Ports) {
  await quarantineRows(unreadable, ports);
  await inTurns(1, unreadable, async ({ stored: row }) => void (await rows.remove({ row })));
  return new Map(stored.map((one) => [one.row.row, one]));
}
