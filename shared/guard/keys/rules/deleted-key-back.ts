import { type KeyRule, MAKING_OPERATIONS } from '../../../domain/finding.ts';
import { spell } from '../../../domain/key.ts';
import type { KeyRecord } from '../../../domain/register.ts';
import { utc } from '../../../domain/time.ts';

const BRINGING_BACK = ['KeyRecover', ...MAKING_OPERATIONS];

export const deletedKeyBack: KeyRule = {
  id: 'deleted-key-back',
  scope: 'key',
  demand:
    'A key that was deleted with approval stays deleted; one that is back is not guarded until a person accepts it.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/general/key-vault-recovery',
  doneBy: BRINGING_BACK,
  find({ vault, key, observed, record, now }) {
    const { approvedDeletion, backSince = now, acts } = record;
    if (observed.kind !== 'present' || approvedDeletion === undefined) return [];
    // Recovering moves no time of the vault's: only the audit log tells when it was.
    const [recovered] = acts
      .filter(
        ({ operation, at }) =>
          BRINGING_BACK.includes(operation) && at.getTime() >= approvedDeletion.deletedOn.getTime(),
      )
      .toSorted((one, other) => one.at.getTime() - other.at.getTime());
    return [
      {
        version: undefined,
        since: recovered?.at ?? backSince,
        act: undefined,
        stopsDisks: false,
        summary: `Key ${spell({ vault, key })} is back: it was ${howItWent(approvedDeletion)}, and is not guarded until a person accepts it in a baseline.`,
        remedy: { kind: 'tell' },
      },
    ];
  },
};

const howItWent = ({ deletedOn, approval, givenUp }: NonNullable<KeyRecord['approvedDeletion']>): string =>
  givenUp === true
    ? `given up on ${utc(deletedOn)} (${approval})`
    : `deleted on ${utc(deletedOn)} with approval ${approval}`;
