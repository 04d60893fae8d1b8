import type { Actor } from '../../domain/audit-record.ts';
import type { Hanging } from '../../domain/hanging.ts';
import type { Subject } from '../../domain/subject.ts';
import { deadlineOf } from '../draft.ts';
import { BY_A_PERSON, kindOfReasons, type ReasonFacts, withItsState } from './kind.ts';

/** Causes that one incident names at most. */
const NAMED = 10;
/** Commands of one incident at most. */
const MOST_COMMANDS = 5;

const reasons = {
  vault: {
    severity: 'critical',
    ...withItsState('when Resource Manager shows that the sets may use their keys again'),
  },
  'role-lost': { severity: 'critical', ...BY_A_PERSON },
  identity: {
    severity: 'critical',
    ...withItsState('when Resource Manager shows an identity of the set again, or not the set any more'),
  },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

/** Disk encryption sets that cannot use their keys any more; or that may not, where their identities lost their roles and a group holds the right. */
export interface CutAccess {
  /** The vault, or the set whose identity is gone. */
  readonly subject: Subject;
  readonly since: Date;
  readonly by: Actor | undefined;
  /** Why, in sentences, each for one set or for all of a vault. */
  readonly causes: readonly string[];
  /** What puts it back. */
  readonly commands: readonly string[];
  readonly hangs: Hanging;
}

export const accessCut = kindOfReasons(
  {
    id: 'access-cut',
    audience: 'on-call',
    tells: 'Disk encryption sets have lost their access to their keys, though the keys are as approved.',
    reasons,
  },
  (_reason: keyof typeof reasons, { subject, since, by, causes, commands, hangs }: CutAccess) => ({
    subject,
    since,
    summary: [...causes.slice(0, NAMED), ...(causes.length > NAMED ? [`And ${causes.length - NAMED} more.`] : [])].join(
      ' ',
    ),
    who: by,
    hangs,
    deadline: deadlineOf(hangs, since),
    commands: commands.slice(0, MOST_COMMANDS),
  }),
);
