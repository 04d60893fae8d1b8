import type { Severity } from '../domain/incident.ts';
import type { EstateUser } from '../estate/estate.ts';
import { machinesOn } from '../estate/key-uses.ts';
import type { PostureCheck, Said } from './check.ts';
import { checks } from './checks/registry.ts';
import { type Facts, subjectOf } from './facts.ts';

/** What a check says of a subject, with what hangs on the subject. */
export type Judged = Said & {
  readonly check: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly disks: number;
  readonly machines: number;
  readonly running: number;
};

/** What hangs on some users of keys. A machine counts once. */
export function harmOf(users: readonly EstateUser[]): Pick<Judged, 'disks' | 'machines' | 'running'> {
  const machines = machinesOn(users);
  return {
    disks: users.reduce((sum, { holds }) => sum + holds.disks, 0),
    machines: machines.length,
    running: machines.filter(({ power }) => power === 'running').length,
  };
}

/**
 * What every check says of these facts: the gravest first, then by check, then that on which most running machines hang.
 *
 * @param usersOf what hangs on the subject of facts
 */
export const judge = (
  all: readonly Facts[],
  usersOf: (facts: Facts) => readonly EstateUser[],
  now: Date,
): readonly Judged[] =>
  all
    .flatMap((facts) => {
      const about = { subject: subjectOf(facts), ...harmOf(usersOf(facts)) };
      return checks.flatMap((check) =>
        said(check, facts, now).map((each) => ({
          ...each,
          check: check.id,
          severity: (each.kind === 'finding' ? each.severity : undefined) ?? check.severity,
          ...about,
        })),
      );
    })
    .toSorted(byHarm);

/** What a check says; nothing where it is about something else. */
function said(check: PostureCheck, facts: Facts, now: Date): readonly Said[] {
  switch (check.on) {
    case 'vault':
      return facts.kind === 'vault' ? check.check(facts, now) : [];
    case 'key':
      return facts.kind === 'key' ? check.check(facts, now) : [];
    case 'set':
      return facts.kind === 'set' ? check.check(facts, now) : [];
    case 'disks':
      return facts.kind === 'disks' ? check.check(facts, now) : [];
    default:
      return check satisfies never;
  }
}

const SEVERITIES: readonly Severity[] = ['critical', 'error', 'warning', 'info'];
const ORDER = checks.map(({ id }) => id);
const dateOf = (judged: Judged): number =>
  judged.kind === 'finding' ? (judged.date?.getTime() ?? Infinity) : Infinity;

/** By severity, by check, by running machines, machines and disks, by date, by name. */
const byHarm = (one: Judged, other: Judged): number =>
  SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
  ORDER.indexOf(one.check) - ORDER.indexOf(other.check) ||
  other.running - one.running ||
  other.machines - one.machines ||
  other.disks - one.disks ||
  Number(dateOf(one) > dateOf(other)) - Number(dateOf(one) < dateOf(other)) ||
  (one.subject < other.subject ? -1 : 1);
