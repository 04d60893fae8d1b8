import { expect, test } from 'vitest';
import { setAutoRotates } from '../../../../shared/posture/checks/set-auto-rotates.ts';
import { NOW, setFacts } from '../facts.ts';

test('a set that rotates by itself is accepted', () => {
  expect(setAutoRotates.check(setFacts(), NOW)).toEqual([]);
});

test('a set that stays at its version is found, with the command', () => {
  expect(setAutoRotates.check(setFacts({ autoRotation: false }), NOW)).toEqual([
    {
      kind: 'finding',
      says: 'It stays at its version when the key is rotated.',
      commands: [
        'az disk-encryption-set update --name des-web --resource-group contoso --subscription 11111111-0000-4000-8000-000000000001 --enable-auto-key-rotation true',
      ],
    },
  ]);
});

test.each([false, true])(
  'a set for confidential machines is said to need a person, its flag being %s: no command helps',
  (autoRotation) => {
    const [found] = setAutoRotates.check(setFacts({ autoRotation, encryption: 'confidential' }), NOW);
    expect(found).toMatchObject({ severity: 'info', says: expect.stringContaining('confidential machines') });
    expect(found).not.toHaveProperty('commands');
  },
);
