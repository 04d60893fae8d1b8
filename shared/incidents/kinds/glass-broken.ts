import type { Approval } from '../../domain/approval.ts';
import { spell } from '../../domain/key.ts';
import { versionOf } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { BY_A_PERSON, incidentKind } from './kind.ts';

export const glassBroken = incidentKind(
  {
    id: 'glass-broken',
    severity: 'critical',
    audience: 'on-call',
    tells: 'One person allowed themselves to disable a version, without a second person. Everyone is alerted.',
    ...BY_A_PERSON,
  },
  ({ id, vault, key, version, from, until, why, asked }: Approval) => ({
    subject: versionOf({ vault, key }, version),
    since: from,
    summary: `${asked.by.name ?? asked.by.oid} may disable ${spell({ vault, key, version })} until ${utc(until)} on their own word, and the guardian will not undo it: “${why}”. About an hour after it is disabled, disks on that version fail. Call them: where they know nothing of it, their account is in other hands.`,
    judgement: 'allowed by break-glass; whoever is on call has to ask them, now',
    who: asked.by,
    commands: [
      `key-guardian approve withdraw ${vault} ${id}  # if it is not to happen`,
      `key-guardian restore ${spell({ vault, key })} --also-approved  # and then, if it has happened`,
    ],
  }),
);
