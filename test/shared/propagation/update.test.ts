import { describe, expect, test } from 'vitest';
import { NOT_UPDATED, type NotUpdated } from '../../../shared/domain/decision.ts';
import { policy } from '../../../shared/domain/policy.ts';
import type { WatchedSet } from '../../../shared/domain/propagation.ts';
import type { DiskEncryptionSet } from '../../../shared/domain/resource-manager.ts';
import { later, MINUTE_MS } from '../../../shared/domain/time.ts';
import type { ReadVersion } from '../../../shared/domain/vault.ts';
import { decideUpdate, type GivenUpdate } from '../../../shared/propagation/update.ts';

const [OLD, NEW, NEWER] = ['1'.repeat(32), '2'.repeat(32), '3'.repeat(32)] as const;
const CREATED = new Date('2026-03-01T12:00:00.000Z');
const NOW = later(CREATED, 2 * MINUTE_MS);
const ID = '/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/diskencryptionsets/des-a';

const WATCH: WatchedSet = {
  ...{ id: ID, name: 'des-a', from: CREATED, progress: {}, since: CREATED },
  rotation: { vault: 'prod-disks', key: 'disk-a', version: NEW, created: CREATED },
  verdict: { kind: 'not-rotating', isConfidential: false },
};
const SET: DiskEncryptionSet = {
  ...{ id: ID, name: 'des-a', location: 'westeurope', subscriptionId: 's', identity: { type: 'SystemAssigned' } },
  encryptionType: 'EncryptionAtRestWithCustomerKey',
  keyUrl: `https://prod-disks.vault.azure.net/keys/disk-a/${OLD}`,
  ...{ previousKeys: undefined, autoRotation: false, rotatedAt: undefined, federatedClientId: undefined },
  ...{ errorCode: undefined, errorMessage: undefined, provisioningState: 'Succeeded' },
};
const NEWEST: ReadVersion = {
  ...{ version: NEW, enabled: true, managed: false, created: CREATED, updated: CREATED },
  ...{ notBefore: undefined, expiresOn: undefined },
  detail: { operations: ['wrapKey', 'unwrapKey'], keyType: 'RSA', keySizeBits: 3072, fingerprint: 'f' },
};

const policyOf = (more: object = {}, sets = 'update') =>
  policy.parse({
    vaults: [{ name: 'prod-disks', mode: 'block', rotation: { every: 'P90D', notifyBefore: 'P30D', sets }, ...more }],
  });

/** A set that is pointed at the new version. */
const given = (more: Partial<GivenUpdate> = {}): GivenUpdate => ({
  ...{ watch: WATCH, set: SET, policy: policyOf(), newest: NEWEST, activeCreated: later(CREATED, -MINUTE_MS) },
  ...{ isApproved: true, baselineAccepted: true, blockSince: later(CREATED, -1), isHeld: false, now: NOW },
  ...more,
});
const newest = (more: Partial<ReadVersion>) => given({ newest: { ...NEWEST, ...more } });
const shows = (more: Partial<DiskEncryptionSet>) => given({ set: { ...SET, ...more } });

describe('a disk encryption set that takes no new version by itself is pointed at it', () => {
  test.each<readonly [says: string, of: GivenUpdate]>([
    ['where nothing is against it', given()],
    ['where the version was made at the moment at which block began', given({ blockSince: CREATED })],
    ['where nobody knows of a time before block', given({ blockSince: undefined })],
    ['where the version can be used from now on', newest({ notBefore: NOW })],
    ['where the version expires in a millisecond', newest({ expiresOn: later(NOW, 1) })],
    [
      'where it was pointed at the version before',
      given({ watch: { ...WATCH, updated: { version: OLD, at: CREATED } } }),
    ],
  ])('%s', (_says, of) => {
    const { actions, judgements } = decideUpdate(of);
    expect(actions).toEqual([
      { kind: 'update-set', vault: 'prod-disks', key: 'disk-a', set: ID, version: NEW, from: OLD },
    ]);
    expect(judgements.map(({ verdict }) => verdict.kind)).toEqual(['keep-schedule']);
  });
});

describe('a disk encryption set is left at its version', () => {
  const rows: readonly (readonly [because: NotUpdated, says: string, of: GivenUpdate])[] = [
    ['no-baseline', 'where nobody accepted the baseline', given({ baselineAccepted: false })],
    ['hold', 'during a hold', given({ isHeld: true })],
    ['before-block', 'where block began a millisecond later', given({ blockSince: later(CREATED, 1) })],
    ['version-not-approved', 'where the version is not approved', given({ isApproved: false })],
    ['version-unusable', 'where the version is disabled', newest({ enabled: false })],
    ['version-unusable', 'where the version cannot be used yet', newest({ notBefore: later(NOW, 1) })],
    ['version-unusable', 'where the version has just expired', newest({ expiresOn: NOW })],
    [
      'version-unusable',
      'where the version cannot unwrap',
      newest({ detail: { ...NEWEST.detail, operations: ['wrapKey'] } }),
    ],
    ['version-unusable', 'where the vault does not show the version in full', given({ newest: undefined })],
    ['version-not-older', 'where its own version is not known', given({ activeCreated: undefined })],
    ['version-not-older', 'where its own version is as new', given({ activeCreated: CREATED })],
    ['set-changing', 'while it has previous keys', shows({ previousKeys: [{ keyUrl: SET.keyUrl }] })],
    ['set-changing', 'while Azure changes it', shows({ provisioningState: 'Updating' })],
  ];

  test.each(rows)('for the reason %s %s', (because, _says, of) => {
    const { actions, judgements } = decideUpdate(of);
    expect(actions).toEqual([]);
    expect(judgements.map(({ verdict }) => verdict)).toEqual([{ kind: 'withheld', because }]);
  });

  test.each(Object.keys(NOT_UPDATED))('for a reason that has a row: %s', (reason) => {
    expect(rows.map(([because]) => because)).toContain(reason);
  });

  const verdict = (kind: WatchedSet['verdict']): GivenUpdate => given({ watch: { ...WATCH, verdict: kind } });
  test.each<readonly [says: string, of: GivenUpdate]>([
    ['is for confidential machines', verdict({ kind: 'not-rotating', isConfidential: true })],
    ['was set back', verdict({ kind: 'reverted', to: OLD })],
    ['has an error', verdict({ kind: 'stuck', code: 'c', message: 'm' })],
    ['has another key', verdict({ kind: 'moved', to: 'other/key', isGuarded: true })],
    ['was pointed at the version already', given({ watch: { ...WATCH, updated: { version: NEW, at: CREATED } } })],
    ['is on a key in alert', given({ policy: policyOf({ mode: 'alert' }) })],
    ['is on a key whose schedule only alerts', given({ policy: policyOf({}, 'alert') })],
    ['is on a key without a schedule', given({ policy: policyOf({ rotation: undefined }) })],
    ['is on a key with a version that is newer still', newest({ version: NEWER })],
  ])('and nothing is recorded where it %s', (_says, of) => {
    expect(decideUpdate(of)).toEqual({ judgements: [], actions: [], inspectAgainInSeconds: undefined });
  });
});
