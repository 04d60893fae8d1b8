import type { Found, Rule, Situation } from '../../domain/finding.ts';
import { type AttributeChange, type Attributes, type KeyId, type ObservedVersion, spell } from '../../domain/key.ts';
import { isKept, type KeyRecord } from '../../domain/register.ts';
import { sameMoment } from '../../domain/time.ts';

/** The dates that the service refused to take for a version. */
export type RefusedDates = NonNullable<KeyRecord['inFlight']['refusedDates']>[string];

/** Whether the service refused to take this date for the version. */
export const isRefused = (date: Date, refused: RefusedDates | undefined): boolean =>
  refused?.dates.some((one) => sameMoment(one, date)) === true;

/** What a rule finds of a version. */
export type VersionFound = Pick<Found, 'act' | 'since' | 'stopsDisks' | 'stopsOn' | 'approves'> & {
  /** What is wrong, as the rest of a sentence that begins with the version: `is disabled and was approved as enabled`. */
  readonly says: string;
  /** The attributes whose restoring undoes it; absent where people are only alerted. */
  readonly restore?: AttributeChange;
  /** Options of `az keyvault key set-attributes` by which a person takes it back, where the guardian does not. */
  readonly takenBackBy?: string | undefined;
};

/** A rule about one version that is approved in the register and listed by the vault. */
interface VersionRule extends Omit<Rule, 'doneBy' | 'find'> {
  /** Finds each difference separately: people may have approved one and not the other. */
  find(version: ObservedVersion, approved: Attributes, situation: Situation): readonly VersionFound[];
  /** Commands for a finding that is only alerted. Default: the command that accepts the version as it is. */
  commands?(id: KeyId): readonly string[];
}

/** The rule that looks at each version by itself. Versions of a key that was deleted with approval or abandoned are not guarded. */
export const versionRule = ({ find, commands, ...facts }: VersionRule): Rule => ({
  ...facts,
  doneBy: ['KeyUpdate'],
  find(situation) {
    const { vault, key, observed, record } = situation;
    if (observed.kind !== 'present' || !isKept(record)) return [];
    return observed.versions.flatMap((shown) => {
      const { version } = shown;
      const approved = record.approved.versions[version]?.attributes;
      if (approved === undefined) return [];
      return find(shown, approved, situation).map(({ says, restore: change, takenBackBy, ...found }) => ({
        ...found,
        version,
        summary: `Version ${version} of ${spell({ vault, key })} ${says}.`,
        undo: change && { kind: 'restore-version' as const, vault, key, version, change },
        commands: commands?.(situation) ?? [
          ...(takenBackBy === undefined
            ? []
            : [
                `az keyvault key set-attributes --vault-name ${vault} --name ${key} --version ${version} ${takenBackBy}  # if nobody meant it`,
              ]),
          `key-guardian baseline accept ${vault} --as-shown ${key}/${version}  # if it was meant`,
        ],
      }));
    });
  },
});
