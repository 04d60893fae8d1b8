import type { Anchor } from '../../domain/seal.ts';
import { GUARDIAN } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { incidentKind, withItsState } from './kind.ts';

export const trailAnchored = incidentKind(
  {
    id: 'trail-anchored',
    severity: 'info',
    audience: 'operators',
    tells:
      'Once a day: the root of the newest seal of the trail. Whoever keeps it can prove later that nothing was changed.',
    ...withItsState('at once: it is sent as resolved, and is in no list'),
  },
  ({ root, seal, sealedAt, streams, records, key }: Anchor) => ({
    subject: GUARDIAN,
    since: sealedAt,
    summary: `Seal ${seal} of ${utc(sealedAt)} has the root ${root}. It names ${records} records of ${streams} streams and is signed by the key ${key}. With this root, verify --anchor shows whether the trail up to then is still the same.`,
    judgement: 'keep this root outside Azure; nothing else has to be done',
  }),
);
