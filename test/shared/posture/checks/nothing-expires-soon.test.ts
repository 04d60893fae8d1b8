import { expect, test } from 'vitest';
import { DAY_MS, later } from '../../../../shared/domain/time.ts';
import { nothingExpiresSoon } from '../../../../shared/posture/checks/nothing-expires-soon.ts';
import { type KeyFacts, unknown } from '../../../../shared/posture/facts.ts';
import { keyFacts, NOW, OLDER, present, VERSION, version } from '../facts.ts';

const check = (facts: KeyFacts) => nothingExpiresSoon.check(facts, NOW);
const expiring = (days: number, notifyBeforeExpiryDays = 30) =>
  keyFacts(present({ [VERSION]: version({ expiresOn: later(NOW, days * DAY_MS) }) }), { notifyBeforeExpiryDays });

test.each([
  ['that never expires', keyFacts()],
  ['that expires in exactly the notify time', expiring(30)],
  ['outside a notify time of its own', expiring(7, 7)],
  ['that has expired, which is a finding of another check', expiring(0)],
  ['that is not used and expires tomorrow', keyFacts(present({ [OLDER]: version({ expiresOn: later(NOW, DAY_MS) }) }))],
  ['of a deleted key', keyFacts({ kind: 'deleted', deletedOn: NOW, scheduledPurgeOn: undefined })],
])('a version %s is accepted', (_, facts) => {
  expect(check(facts)).toEqual([]);
});

test.each([
  ['a second inside the notify time', expiring(30 - 1 / 86_400)],
  ['tomorrow', expiring(1)],
  ['inside a notify time of its own', expiring(59, 60)],
])('a version that expires %s is found, with its date', (_, facts) => {
  expect(check(facts)).toEqual([
    {
      kind: 'finding',
      says: expect.stringContaining(`The version ${VERSION} expires on 20`),
      date: expect.any(Date),
      commands: ['az keyvault key rotate --vault-name contoso-disks --name disk-web'],
    },
  ]);
});

test('the expiry of a key that cannot be read is unknown', () => {
  expect(check(keyFacts(present(), { state: unknown('the firewall refuses') }))).toMatchObject([{ kind: 'unknown' }]);
});
