import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { versionOf } from '../../domain/subject.ts';
import { disksFailAt } from '../draft.ts';
import { BY_A_PERSON, incidentKind } from './kind.ts';

/** An approved act, by somebody whom the approval does not allow. */
interface ActByOther extends KeyId {
  readonly version: string | undefined;
  readonly operation: string;
  readonly approval: string;
  readonly by: Actor;
  readonly at: Date;
  readonly stopsDisks: boolean;
}

export const approvedActByOther = incidentKind(
  {
    id: 'approved-act-by-other',
    severity: 'critical',
    audience: 'on-call',
    tells: 'An approved change was made by somebody whom the approval does not allow.',
    ...BY_A_PERSON,
    endsWhen: 'with `restore`, or by a person: `incident close`',
  },
  ({ version, operation, approval, by, at, stopsDisks, ...id }: ActByOther) => ({
    subject: versionOf(id, version),
    since: at,
    summary: `Approval ${approval} allows ${operation} of ${spell({ ...id, version })}, but not by the person who did it.`,
    judgement:
      'not restored: two people approved it, but for somebody else to do; whoever is on call has to ask the person in the line "who", now',
    who: by,
    ...(stopsDisks ? { deadline: disksFailAt(at) } : {}),
    commands: [`key-guardian restore ${spell(id)}  # if nobody asked them to do it, or they do not answer in time`],
  }),
);
