import { expect, test } from 'vitest';
import { keyFitsDisks } from '../../../../shared/posture/checks/key-fits-disks.ts';
import { unknown } from '../../../../shared/posture/facts.ts';
import { keyFacts, NOW, present, set } from '../facts.ts';

const ofType = (keyType: string | undefined, keySizeBits: number | undefined) =>
  keyFacts(present({}, { keyType, keySizeBits }));

test.each([
  ['RSA', 2048],
  ['RSA', 3072],
  ['RSA-HSM', 4096],
])('a key of type %s with %i bits is accepted', (type, bits) => {
  expect(keyFitsDisks.check(ofType(type, bits), NOW)).toEqual([]);
});

test.each([
  ['of the type EC', 'EC', undefined, /type EC/],
  ['of the type oct-HSM', 'oct-HSM', 256, /type oct-HSM/],
  ['with 1,024 bits', 'RSA', 1024, /1024 bits/],
])('a key %s is found', (_, type, bits, says) => {
  expect(keyFitsDisks.check(ofType(type, bits), NOW)).toEqual([{ kind: 'finding', says: expect.stringMatching(says) }]);
});

test.each([
  ['whose type', ofType(undefined, undefined)],
  ['whose size', ofType('RSA', undefined)],
  ['that itself', keyFacts(present(), { state: unknown('the firewall refuses') })],
])('a key %s could not be read is unknown', (_, facts) => {
  expect(keyFitsDisks.check(facts, NOW)).toMatchObject([{ kind: 'unknown' }]);
});

test('a key that no disk encryption set uses may be of any type', () => {
  const { holds, callers } = set();
  const users = [
    { kind: 'sql-server', id: 's', name: 's', keys: [], follows: false, callers, holds, unknown: [] } as const,
  ];
  expect(keyFitsDisks.check({ ...ofType('EC', undefined), users }, NOW)).toEqual([]);
});
