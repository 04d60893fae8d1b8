import { effectivePolicy, type Policy } from '../domain/policy.ts';
import { NOT_SURVEYED, type Surveyed, type SurveyState } from '../domain/survey.ts';
import { agoMs, MINUTE_MS } from '../domain/time.ts';
import { isStorageAway, RowUnreadable } from '../errors.ts';
import type { PortTables } from '../ports.ts';

/** The row of how the surveys went. */
export const SURVEY_ROW = ['survey', 'state'] as const;
/** The partition of what the surveys know of each vault. */
export const SURVEYED = 'surveyed';

/** What the guardian guards: what the policy file says, and what the surveys found. One for each process. */
export interface Scope {
  /** The policy as the file says it. Throws `PolicyInvalid` where it cannot be used. */
  readonly file: Policy;
  /** The policy of the file with the vaults that were found in its subscriptions. Throws as `file` does. */
  readonly policy: Policy;
  /** What the surveys know, as it was last read. */
  readonly surveyed: Surveyed;
  /** How the surveys went, as it was last read; `undefined` where none was planned. */
  readonly state: SurveyState | undefined;
  /**
   * Reads what the surveys know where it was read longer ago than this; default a minute. What is known stays where storage
   * does not answer; throws `StorageUnreachable` where it was never read: then nobody knows what is guarded.
   */
  refresh(maxAgeMs?: number): Promise<void>;
}

/** @param readFile reads the policy file, once for each change of it */
export function createScope(
  readFile: () => Policy,
  tables: Pick<PortTables, 'surveys' | 'surveyed'>,
  now: () => Date,
): Scope {
  let read: { readonly at: Date; readonly state: SurveyState | undefined; readonly surveyed: Surveyed } | undefined;
  let effective: { readonly file: Policy; readonly surveyed: Surveyed; readonly policy: Policy } | undefined;

  async function readSurveyed(): Promise<Surveyed> {
    const { stored, unreadable } = await tables.surveyed.list(SURVEYED);
    const before = read?.surveyed.vaults;
    // The next survey writes a row anew that cannot be read; until then what it said last stays.
    const kept = unreadable.flatMap(({ row }) => {
      const was = before?.get(row);
      return was === undefined ? [] : [[row, was] as const];
    });
    return { at: undefined, vaults: new Map([...stored.map(({ row, value }) => [row.row, value] as const), ...kept]) };
  }

  async function refresh(): Promise<void> {
    const at = now();
    const state = await tables.surveys.get(...SURVEY_ROW).catch((error: unknown) => {
      if (error instanceof RowUnreadable) return undefined;
      throw error;
    });
    const lastGoodAt = state?.value.lastGoodAt;
    const isSame =
      read !== undefined && lastGoodAt !== undefined && read.surveyed.at?.getTime() === lastGoodAt.getTime();
    const surveyed = isSame ? read?.surveyed : { ...(await readSurveyed()), at: lastGoodAt };
    read = { at, state: state?.value, surveyed: surveyed ?? NOT_SURVEYED };
  }

  return {
    get file() {
      return readFile();
    },
    get policy() {
      const file = readFile();
      const surveyed = read?.surveyed ?? NOT_SURVEYED;
      if (effective?.file !== file || effective.surveyed !== surveyed)
        effective = { file, surveyed, policy: effectivePolicy(file, surveyed) };
      return effective.policy;
    },
    get surveyed() {
      return read?.surveyed ?? NOT_SURVEYED;
    },
    get state() {
      return read?.state;
    },
    async refresh(maxAgeMs = MINUTE_MS) {
      if (read !== undefined && agoMs(read.at, now()) < maxAgeMs) return;
      try {
        await refresh();
      } catch (error) {
        if (read === undefined || !isStorageAway(error)) throw error;
      }
    },
  };
}
