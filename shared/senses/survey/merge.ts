import { isDeepStrictEqual } from 'node:util';
import { type KeyUse, type KeyUser, runningFirst, type UsingMachine } from '../../domain/key-use.ts';
import { type SurveyedVault, subscriptionIn } from '../../domain/survey.ts';

/** Machines of a row at most, as in `keyUses`. */
const MOST_MACHINES = 50;

/**
 * What hangs on a key after a survey. What lies in a subscription that could not be read stays as it was: unknown is not gone.
 * `undefined` where nothing hangs on the key.
 *
 * @param before the row; `undefined` where there is none
 * @param found what the survey found; `undefined` where it found nothing
 * @param unread why each subscription could not be read, by id in lower case
 */
export function mergedUse(
  before: KeyUse | undefined,
  found: KeyUse | undefined,
  unread: ReadonlyMap<string, string>,
): KeyUse | undefined {
  if (before === undefined || unread.size === 0) return found;
  const users = before.users.filter(({ id }) => isUnread(id, unread) && !found?.users.some((user) => user.id === id));
  if (users.length === 0) return found;
  const machines = before.machines.filter(({ id }) => isUnread(id, unread));
  // Of machines beyond the first 50 nobody knows the subscription: then the larger number stands.
  const { machines: here = [], machineCount = 0, runningCount = 0 } = found ?? {};
  const all = [...here, ...machines];
  return {
    surveyedAt: found?.surveyedAt ?? before.surveyedAt,
    users: [...(found?.users ?? []), ...users],
    machines: all.toSorted(runningFirst).slice(0, MOST_MACHINES),
    machineCount: Math.max(before.machineCount, machineCount + machines.length),
    runningCount: Math.max(before.runningCount, runningCount + machines.filter(isRunning).length),
    unknown: [...new Set([...(found?.unknown ?? []), ...unread.values()])],
  };
}

/** A user without a subscription, such as Azure Disk Encryption, may lie in any. */
const isUnread = (id: string, unread: ReadonlyMap<string, string>): boolean => {
  const subscription = subscriptionIn(id);
  return subscription === undefined || unread.has(subscription);
};

const isRunning = ({ power }: UsingMachine): boolean => power === 'running';

/** Whether two surveys found the same to hang on a key, whenever they did. */
export const isSameUse = (one: KeyUse, other: KeyUse): boolean =>
  isDeepStrictEqual({ ...one, surveyedAt: undefined }, { ...other, surveyedAt: undefined });

/** What sweeps and the parser of audit events need to know of a key. */
export function surveyedKeyOf({ users }: Pick<KeyUse, 'users'>): SurveyedVault['keys'][string] {
  const callers = users.flatMap(({ objectIds, applicationId }) => [
    ...objectIds,
    ...(applicationId === undefined ? [] : [applicationId]),
  ]);
  return {
    versions: [...new Set(users.flatMap(({ versions }) => versions))].toSorted(),
    ...(users.some(({ versions }) => versions.length === 0) ? { anyVersion: true } : {}),
    callers: [...new Set(callers.map((id) => id.toLowerCase()))].toSorted(),
    ...(users.some(isAnybody) ? { anyCaller: true } : {}),
  };
}

/** Azure Disk Encryption unlocks a disk under an identity of the platform or of the machine, which no resource names. */
const isAnybody = ({ kind }: KeyUser): boolean => kind === 'azure-disk-encryption';

/** A vault in this survey: its resource id, where it was found, and its keys that are in use. */
export interface FoundVault {
  /** `undefined` where it was not found. */
  readonly id: string | undefined;
  readonly settings?: SurveyedVault['settings'];
  readonly keys: SurveyedVault['keys'];
  readonly unknown: readonly string[];
}

/**
 * The row of a vault after a survey; `undefined` where nothing is left to know of it. A vault that one survey does not find is
 * kept until the next one does not find it either: rows of Resource Graph can be missed between two pages.
 */
export function mergedVault(
  before: SurveyedVault | undefined,
  { id, settings: shown, keys, unknown }: FoundVault,
  unread: ReadonlyMap<string, string>,
  at: Date,
): SurveyedVault | undefined {
  const isUsed = Object.keys(keys).length > 0;
  const common = { keys, unknown: [...unknown] };
  const usedSince = before?.usedSince ?? (isUsed ? at : undefined);
  const used = usedSince === undefined ? {} : { usedSince };
  // What a read of the vault itself showed stands: Resource Graph may be minutes behind it.
  const settings = before?.settings ?? shown;
  if (id !== undefined) return { ...common, ...used, id, ...(settings === undefined ? {} : { settings }) };
  if (before?.id !== undefined) {
    if (unread.has(subscriptionIn(before.id) ?? '')) return { ...before, ...common, ...used };
    const { missingSince = at } = before;
    if (missingSince >= at) return { ...before, ...common, ...used, missingSince };
  }
  return isUsed ? common : undefined;
}
