import { describe, expect, test } from 'vitest';
import { type Action, action, factsOf } from '../../../../shared/domain/actions/registry.ts';
import type { AttributeChange, ObservedKey } from '../../../../shared/domain/key.ts';
import type { ResourceManagerWrites } from '../../../../shared/domain/resource-manager.ts';
import { keyOf, versionOf } from '../../../../shared/domain/subject.ts';
import type { VaultWrites } from '../../../../shared/domain/vault.ts';
import { ACTED, DETAIL, inDays, NOW, OPERATIONS, present, shown, V1, V2 } from '../../guard/keys/situations.ts';

const recover: Action = { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED };
const restore = (change: AttributeChange = { enabled: true }): Action => ({
  kind: 'restore-version',
  vault: 'prod-disks',
  key: 'disk-a',
  version: V1,
  change,
});

const rotate: Action = { kind: 'rotate-key', vault: 'prod-disks', key: 'disk-a', from: V1 };
const setPolicy = (expiresIn?: string): Action => ({
  kind: 'set-rotation-policy',
  vault: 'prod-disks',
  key: 'disk-a',
  policy: {
    rotate: { when: 'after-creation', period: 'P90D' },
    notifyBefore: 'P30D',
    ...(expiresIn === undefined ? {} : { expiresIn }),
  },
});

const SET = '/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/diskencryptionsets/des-a';
const update = {
  kind: 'update-set',
  ...{ vault: 'prod-disks', key: 'disk-a', set: SET, version: V2, from: V1 },
} satisfies Action;

const ID = { vault: 'prod-disks', key: 'disk-a' };

describe('a write', () => {
  test('that recovers a key is about the key, is logged as KeyRecover and takes its time to show', () => {
    expect(factsOf(recover)).toMatchObject({
      subject: keyOf(ID),
      says: 'recover prod-disks/disk-a',
      loggedAs: 'KeyRecover',
      showsAtOnce: false,
    });
  });

  test('that restores a version is about that one, is logged as KeyUpdate and shows at once', () => {
    expect(factsOf(restore())).toMatchObject({
      subject: versionOf(ID, V1),
      loggedAs: 'KeyUpdate',
      showsAtOnce: true,
    });
  });

  test('that rotates a key is about the key, is logged as KeyRotate and shows at once', () => {
    expect(factsOf(rotate)).toMatchObject({
      subject: keyOf(ID),
      says: 'rotate prod-disks/disk-a',
      loggedAs: 'KeyRotate',
      showsAtOnce: true,
    });
  });

  test.each([
    ['', undefined],
    [', expiring after P120D', 'P120D'],
  ])('that sets a rotation policy is about the key, and no version shows it%s', (more, expiresIn) => {
    expect(factsOf(setPolicy(expiresIn))).toMatchObject({
      subject: keyOf(ID),
      says: `set the rotation policy of prod-disks/disk-a: every P90D${more}`,
      loggedAs: 'KeyRotationPolicySet',
      showsAtOnce: false,
    });
  });

  test('that points a set at a version is about the key, and no version shows it', () => {
    expect(factsOf(update)).toMatchObject({
      subject: keyOf(ID),
      says: `point the disk encryption set des-a at prod-disks/disk-a/${V2}`,
      loggedAs: 'Microsoft.Compute/diskEncryptionSets/write',
      showsAtOnce: false,
    });
  });

  test.each<readonly [change: AttributeChange, says: string]>([
    [{ enabled: true }, 'enabled'],
    [{ enabled: false }, 'disabled'],
    [{ notBefore: ACTED }, 'not before 2026-03-01 11:59:30 UTC'],
    [{ operations: ['wrapKey', 'unwrapKey'] }, 'operations wrapKey unwrapKey'],
    [{ enabled: true, expiresOn: inDays(9) }, 'enabled, expires on 2026-03-10 12:00:00 UTC'],
  ])('says what it changes: %j', (change, says) => {
    expect(factsOf(restore(change)).says).toBe(`restore prod-disks/disk-a/${V1}: ${says}`);
  });

  test.each([
    ['recover', recover],
    ['restore', restore({ expiresOn: inDays(9), operations: ['wrapKey'] })],
    ['rotate', rotate],
    ['a rotation policy', setPolicy('P120D')],
    ['a set', update],
  ] as const)('comes back from storage as it went in: %s', (_kind, given) => {
    expect(action.parse(JSON.parse(JSON.stringify(given)))).toEqual(given);
  });

  test('is sent once, to its vault, with its id and with nothing but what it changes', async () => {
    const sent: unknown[][] = [];
    const note = (...call: readonly unknown[]) => {
      sent.push([...call]);
      return Promise.resolve({ kind: 'missing' } as const);
    };
    const writes = (vault: string): VaultWrites => ({
      recover: (...given) => note('recover', vault, ...given),
      update: (...given) => note('update', vault, ...given),
      rotate: (...given) => note('rotate', vault, ...given),
      setRotationPolicy: (...given) => note('set', vault, ...given),
    });
    const resourceManagerWrites: ResourceManagerWrites = { pointSet: (...given) => note('point', ...given) };
    for (const [at, each] of [recover, restore(), rotate, setPolicy(), update].entries())
      await factsOf(each).send({ writes, resourceManagerWrites }, `request-${at + 1}`);
    expect(sent).toEqual([
      ['recover', 'prod-disks', 'disk-a', 'request-1'],
      ['update', 'prod-disks', 'disk-a', V1, { enabled: true }, 'request-2'],
      ['rotate', 'prod-disks', 'disk-a', V1, 'request-3'],
      [
        'set',
        'prod-disks',
        'disk-a',
        { rotate: { when: 'after-creation', period: 'P90D' }, notifyBefore: 'P30D' },
        'request-4',
      ],
      ['point', SET, `https://prod-disks.vault.azure.net/keys/disk-a/${V2}`, 'request-5'],
    ]);
  });
});

describe('the vault shows what a write was to bring about', () => {
  const gone: ObservedKey = { kind: 'absent' };
  const fewer = { ...DETAIL, operations: ['wrapKey'] };
  test.each<readonly [says: string, given: Action, observed: ObservedKey, is: boolean]>([
    ['a recovered key with a version', recover, present(shown()), true],
    ['a recovered key without any', recover, present(), false],
    ['a recovered key that is in neither list', recover, gone, false],
    ['an enabled version', restore(), present(shown()), true],
    ['a version that is still disabled', restore(), present(shown({ enabled: false })), false],
    ['another version', restore(), present(shown({ version: V2 })), false],
    ['a version of a key that is gone', restore(), gone, false],
    ['an expiry', restore({ expiresOn: inDays(9) }), present(shown({ expiresOn: inDays(9) })), true],
    ['another expiry', restore({ expiresOn: inDays(9) }), present(shown({ expiresOn: NOW })), false],
    ['no expiry where one was set', restore({ expiresOn: inDays(9) }), present(shown()), false],
    ['a not-before', restore({ notBefore: ACTED }), present(shown({ notBefore: ACTED })), true],
    ['another not-before', restore({ notBefore: ACTED }), present(shown({ notBefore: NOW })), false],
    ['operations', restore({ operations: [...OPERATIONS] }), present(shown()), true],
    ['fewer operations', restore({ operations: [...OPERATIONS] }), present(shown({ detail: fewer })), false],
    [
      'operations that are not shown',
      restore({ operations: [...OPERATIONS] }),
      present(shown({ detail: undefined })),
      false,
    ],
    ['a version that was made by a rotation', rotate, present(shown({ version: V2 }), shown()), true],
    ['the version from which it was to be rotated', rotate, present(shown()), false],
    ['no version of a key that is gone', rotate, gone, false],
    ['nothing of a rotation policy', setPolicy(), present(shown()), false],
    [
      'one of two attributes',
      restore({ enabled: true, expiresOn: inDays(9) }),
      present(shown({ expiresOn: NOW })),
      false,
    ],
  ])('%s', (_says, given, observed, is) => {
    expect(factsOf(given).isShown(observed)).toBe(is);
  });
});
