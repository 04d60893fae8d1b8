import type { Approval } from '../shared/domain/approval.ts';
import type { Situation } from '../shared/domain/finding.ts';
import type { Hanging } from '../shared/domain/hanging.ts';
import type { Hold } from '../shared/domain/hold.ts';
import type { Attributes, ObservedKey, ObservedVersion } from '../shared/domain/key.ts';
import type { AuditEvent, KeyRecord } from '../shared/domain/register.ts';
import { GUARDIAN, keyOf, vaultSubject, versionOf } from '../shared/domain/subject.ts';
import { decide } from '../shared/guard/keys/decide.ts';
import { incidentsOf } from '../shared/guard/keys/incidents.ts';
import type { IncidentDraft } from '../shared/incidents/draft.ts';
import { accessCut } from '../shared/incidents/kinds/access-cut.ts';
import { accessRefused } from '../shared/incidents/kinds/access-refused.ts';
import { approvedActByOther } from '../shared/incidents/kinds/approved-act-by-other.ts';
import { baselineWaiting } from '../shared/incidents/kinds/baseline-waiting.ts';
import { channelTest } from '../shared/incidents/kinds/channel-test.ts';
import { glassBroken } from '../shared/incidents/kinds/glass-broken.ts';
import { guardianBlind } from '../shared/incidents/kinds/guardian-blind.ts';
import { emptying, guardianUnwell, mendedBy, readingQuarantined } from '../shared/incidents/kinds/guardian-unwell.ts';
import { holdEnding } from '../shared/incidents/kinds/hold-ending.ts';
import { holdSet } from '../shared/incidents/kinds/hold-set.ts';
import { keyFlapping } from '../shared/incidents/kinds/key-flapping.ts';
import { keyUnguarded } from '../shared/incidents/kinds/key-unguarded.ts';
import { connect } from '../shared/incidents/kinds/kind.ts';
import { ownActUnexplained } from '../shared/incidents/kinds/own-act-unexplained.ts';
import { policyLoosened } from '../shared/incidents/kinds/policy-loosened.ts';
import { purgeAttempted } from '../shared/incidents/kinds/purge-attempted.ts';
import { rotationHeldBack } from '../shared/incidents/kinds/rotation-held-back.ts';
import { rotationOverdue } from '../shared/incidents/kinds/rotation-overdue.ts';
import { rotationPolicyWeaker } from '../shared/incidents/kinds/rotation-policy-weaker.ts';
import { rowForged } from '../shared/incidents/kinds/row-forged.ts';
import { setMoved } from '../shared/incidents/kinds/set-moved.ts';
import { type NotFollowing, setNotFollowed } from '../shared/incidents/kinds/set-not-followed.ts';
import { trailAnchored } from '../shared/incidents/kinds/trail-anchored.ts';
import { undoRefused } from '../shared/incidents/kinds/undo-refused.ts';
import { unexpectedUse } from '../shared/incidents/kinds/unexpected-use.ts';
import { vaultChanged } from '../shared/incidents/kinds/vault-changed.ts';
import { vaultDeleted } from '../shared/incidents/kinds/vault-deleted.ts';
import { vaultFound } from '../shared/incidents/kinds/vault-found.ts';
import { type Member, wave } from '../shared/incidents/kinds/wave.ts';

/** The key that examples are about. */
export const ID = { vault: 'prod-disks', key: 'disk-a' };
/** One of its versions. */
export const VERSION = 'a1b2';
/** The same key, as the subject of an incident. */
export const KEY = keyOf(ID);
/** The version, as the subject of an incident. */
export const OF_VERSION = versionOf(ID, VERSION);
/** Its vault, as the subject of an incident. */
export const VAULT = vaultSubject('prod-disks');
const VAULT_ID =
  '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/disks/providers/Microsoft.KeyVault/vaults/prod-disks';
/** When it happened. */
export const AT = new Date('2026-03-01T12:00:00.000Z');
/** The deadline of what stops disks. */
export const IN_AN_HOUR = new Date('2026-03-01T13:00:00.000Z');
/** Who did it. */
export const MALLORY = { oid: '0f0e0d0c-0000-4000-8000-000000000002', name: 'mallory@contoso.example' };
/** The identity of the disk encryption set. */
export const DES_IDENTITY = { oid: '0d0e0500-0000-4000-8000-00000000000a', address: '203.0.113.9' };
/** The guardian's own identity. */
export const KEEPER = { oid: '0a0a0a0a-0000-4000-8000-000000000002', name: 'key-guardian-keeper' };
/** Who is not known. */
export const UNKNOWN = { oid: 'unknown' };
/** An incident of a wave. */
export const MEMBER: Member = {
  ...{ kind: 'key-deleted', severity: 'critical', subject: KEY, state: 'open', deadline: IN_AN_HOUR, who: MALLORY },
  hangs: { kind: 'disks', says: '3 disks' },
};
/** A hold on everything. */
export const HOLD: Hold = { id: 'h1', by: MALLORY, why: 'we investigate', from: AT, until: IN_AN_HOUR };
const GLASS: Approval = {
  ...{ ...ID, id: 'a7', version: VERSION, acts: ['disable'], by: MALLORY.oid, from: AT, until: IN_AN_HOUR },
  ...{ why: 'it leaked', asked: { by: MALLORY, at: AT }, granted: { by: MALLORY, at: AT }, breakGlass: true },
};
/** A key in use that nothing guards. */
export const HANGING = { key: 'disk-b', hangs: '1 disk encryption set (4 disks), 2 machines, 1 running' };
/** A schedule by which a key is rotated. */
export const WANTED = {
  rotate: { when: 'after-creation', period: 'P90D' },
  expiresIn: 'P120D',
  notifyBefore: 'P30D',
} as const;
const SET = {
  id: '/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/diskencryptionsets/des-a',
  name: 'des-a',
  rotation: { ...ID, version: VERSION, created: AT },
  from: AT,
  changed: { by: MALLORY, at: AT },
};
/** A disk encryption set, as the subject of an incident. */
export const OF_SET = { kind: 'disk-encryption-set', id: SET.id } as const;
const ADDRESSED = '--name des-a --resource-group rg --subscription s';
/** The command that shows the set. */
export const SHOW_SET = `az disk-encryption-set show ${ADDRESSED}`;
/** The command that points it at its key again. */
export const MOVED_BACK = `az disk-encryption-set update ${ADDRESSED} --key-url https://prod-disks.vault.azure.net/keys/disk-a/a1b2`;
const FOLLOWING = `${MOVED_BACK} --enable-auto-key-rotation true`;
/** The command that lets an identity use the keys of the vault. */
export const GRANT =
  'az role assignment create --assignee-object-id 0a0b --assignee-principal-type ServicePrincipal --role "Key Vault Crypto Service Encryption User" --scope $(az keyvault show --name prod-disks --query id --output tsv)';
const RECOVERED = [
  'az keyvault recover --name prod-disks --subscription s  # brings it back, with its keys',
  `az role assignment create --assignee-object-id 0a0b --assignee-principal-type ServicePrincipal --role 'Key Vault Crypto Service Encryption User' --scope ${VAULT_ID}  # then: recovering does not bring it back`,
  connect('then, for its event subscriptions'),
];
/** What hangs on the set. */
export const DISKS = { kind: 'disks', says: '4 disks, 0 snapshots, 0 images' } as const;
/** An incident of a set that has not followed its key, by a verdict. */
export const notFollowed = (
  verdict: NotFollowing,
  causes: readonly string[] = [],
  commands: readonly string[] = [],
  isCut = false,
) => setNotFollowed.draft(verdict.kind, { set: SET, verdict, hangs: DISKS, causes, commands, isCut });
/** What hangs on a key with one set. */
export const SET_HANGS = { kind: 'disks', says: '1 disk encryption set (4 disks)', vaultId: VAULT_ID } as const;
/** What hangs on a key that nothing uses. */
export const NOTHING = { kind: 'nothing', says: 'nothing is known to use it' } as const;
/** A deletion that was approved for somebody else. */
export const OTHER = { ...ID, operation: 'KeyDelete', approval: 'a7', by: MALLORY, at: AT };

/** One incident of each kind and reason that no rule makes, by kind and reason. Names and ids are made up. */
export const examples = {
  'access-cut, vault': accessCut.draft('vault', {
    ...{ subject: VAULT, since: AT, by: MALLORY, commands: [GRANT] },
    causes: ['des-a: Its identity 0a0b is not allowed to get, wrap, unwrap in the vault prod-disks: its disks fail.'],
    hangs: SET_HANGS,
  }),
  'access-cut, role-lost': accessCut.draft('role-lost', {
    ...{ subject: VAULT, since: AT, by: MALLORY, hangs: SET_HANGS, commands: [GRANT] },
    causes: [
      'des-a: Its identity 0a0b is not allowed to get, wrap, unwrap in the vault prod-disks: its disks fail. That is so unless the identity is in a group that holds the right there: members of groups are not read.',
    ],
  }),
  'access-cut, identity': accessCut.draft('identity', {
    ...{ subject: OF_SET, since: AT, by: MALLORY, hangs: DISKS },
    causes: ['des-a has no identity, so that it cannot use its key prod-disks/disk-a: its disks fail.'],
    commands: [
      `az disk-encryption-set identity assign ${ADDRESSED} --system-assigned  # first`,
      `${GRANT.replace('0a0b', `$(az disk-encryption-set show ${ADDRESSED} --query identity.principalId --output tsv)`)}  # then`,
    ],
  }),
  'vault-changed': vaultChanged.draft(
    'prod-disks',
    { rbac: true, network: 'private', purgeProtection: true },
    { rbac: true, network: 'public', purgeProtection: true },
    MALLORY,
    AT,
  ),
  'vault-deleted': vaultDeleted.draft({
    ...{ vault: 'prod-disks', since: AT, by: MALLORY, hangs: SET_HANGS, commands: RECOVERED },
    recovery: { kind: 'listed', until: new Date('2026-05-30T12:00:00Z'), purgeProtection: true },
  }),
  'access-refused': accessRefused.draft(ID, DES_IDENTITY, AT, 'KeyUnwrap', 403),
  'approved-act-by-other': {
    ...approvedActByOther.draft({ ...OTHER, version: undefined, stopsDisks: true }),
    hangs: SET_HANGS,
  },
  'baseline-waiting': baselineWaiting.draft('prod-disks', AT),
  'channel-test': channelTest.draft('teams', MALLORY, AT),
  'guardian-blind, no-token': guardianBlind.draft('no-token', GUARDIAN, AT),
  'guardian-blind, vault-unreadable': guardianBlind.draft('vault-unreadable', VAULT, AT, 'throttled'),
  'guardian-blind, key-unreadable': guardianBlind.draft('key-unreadable', KEY, AT, 'forbidden-by-firewall'),
  'guardian-blind, register-unreadable': guardianBlind.draft('register-unreadable', KEY, AT),
  'guardian-blind, not-inspected': guardianBlind.draft('not-inspected', VAULT, AT, 'prod-disks/disk-a'),
  'guardian-blind, policy-invalid': guardianBlind.draft(
    'policy-invalid',
    GUARDIAN,
    AT,
    'vaults[0].name: not the name of a key vault',
  ),
  'guardian-unwell, channel-failing': guardianUnwell.draft(
    'channel-failing',
    AT,
    'teams since 2026-03-01 12:00:00 UTC (status 404)',
    GUARDIAN,
    mendedBy('teams'),
  ),
  'guardian-unwell, channel-misconfigured': guardianUnwell.draft(
    'channel-misconfigured',
    AT,
    'The alert channel webhook cannot be used: its secret has fewer than 16 characters.',
    GUARDIAN,
    mendedBy('webhook'),
  ),
  'guardian-unwell, setting-misconfigured': guardianUnwell.draft(
    'setting-misconfigured',
    AT,
    'KEY_GUARDIAN_SWEEP_SECONDS: not a number',
  ),
  'guardian-unwell, dead-letters-left': guardianUnwell.draft(
    'dead-letters-left',
    AT,
    'sweeps-poison',
    GUARDIAN,
    emptying('sweeps-poison'),
  ),
  'guardian-unwell, not-wired': guardianUnwell.draft(
    'not-wired',
    AT,
    'no diagnostic setting sends AuditEvent to the guardian, which learns from it who changes a key.',
    VAULT,
    [
      `az monitor diagnostic-settings create --name key-guardian --resource '${VAULT_ID}' --workspace '${VAULT_ID.replace(/providers.*/, 'providers/microsoft.operationalinsights/workspaces/logs')}' --export-to-resource-specific true --logs '[{"category":"AuditEvent","enabled":true}]'`,
    ],
  ),
  'guardian-unwell, quarantined': guardianUnwell.draft(
    'quarantined',
    AT,
    'Something could not be read and was quarantined whole as 2026-03-01/audit-log/a1b2.txt: it is not JSON. Later ones from the same source are in 2026-03-01/audit-log.',
    GUARDIAN,
    [readingQuarantined('2026-03-01/audit-log/a1b2.txt')],
  ),
  'guardian-unwell, register-lost': guardianUnwell.draft('register-lost', AT, '3', VAULT),
  'guardian-unwell, sentry-silent': guardianUnwell.draft('sentry-silent', AT, '2026-03-01 12:00:00 UTC'),
  'guardian-unwell, signatures-unverified': guardianUnwell.draft('signatures-unverified', AT, '2', VAULT),
  'guardian-unwell, trail-spooled': guardianUnwell.draft('trail-spooled', AT, '', VAULT),
  'guardian-unwell, trail-unsealed': guardianUnwell.draft(
    'trail-unsealed',
    AT,
    '2026-03-01 12:00:00 UTC: it cannot sign.',
  ),
  'guardian-unwell, trail-not-shipped': guardianUnwell.draft(
    'trail-not-shipped',
    AT,
    '2026-03-01 12:00:00 UTC: it answered 403.',
  ),
  'guardian-unwell, records-missing': guardianUnwell.draft('records-missing', AT, 'prod-disks'),
  'guardian-unwell, workspace-unread': guardianUnwell.draft(
    'workspace-unread',
    AT,
    '2026-03-01 12:00:00 UTC: it answered 403.',
  ),
  'hold-ending': holdEnding.draft({ ...HOLD, ...ID }),
  'hold-set': holdSet.draft({ ...HOLD, ...ID }),
  'key-flapping': { ...keyFlapping.draft(ID, AT, MALLORY), hangs: SET_HANGS },
  'key-unguarded, not-guarded': keyUnguarded.draft('not-guarded', {
    of: { vault: 'prod-other', keys: [HANGING], isNamed: false, isFound: true },
    since: AT,
  }),
  'key-unguarded, managed-hsm': keyUnguarded.draft('managed-hsm', {
    of: { hsms: ['prod-hsm', 'test-hsm'] },
    since: AT,
  }),
  'vault-found': vaultFound.draft(['prod-other'], AT),
  wave: wave.draft({ kind: 'vault', vault: 'prod-disks' }, AT, [
    MEMBER,
    { ...MEMBER, subject: keyOf({ vault: 'prod-disks', key: 'disk-b' }), state: 'resolved' },
  ]),
  'guardian-unwell, survey-missed': guardianUnwell.draft('survey-missed', AT, 'subscription one cannot be read'),
  'own-act-unexplained': ownActUnexplained.draft({ ...ID, version: VERSION }, 'KeyUpdate', KEEPER, AT),
  'policy-loosened': policyLoosened.draft(['prod-disks: block to alert', 'channel webhook left out'], AT),
  'purge-attempted': purgeAttempted.draft(ID, MALLORY, AT, 403),
  'rotation-held-back': rotationHeldBack.draft(
    ID,
    AT,
    'The newest version of prod-disks/disk-a expires on 2026-03-08 12:00:00 UTC; it is to be rotated every P90D. It is not rotated: a hold stops every write. It is the hold h1 of mallory@contoso.example.',
    new Date('2026-03-08T12:00:00Z'),
    SET_HANGS,
    HOLD,
    AT,
  ),
  'rotation-overdue': rotationOverdue.draft(
    ID,
    AT,
    'The newest version of prod-disks/disk-a was made on 2025-11-01 12:00:00 UTC; it is to be rotated every P90D, so by 2026-01-30 12:00:00 UTC.',
    undefined,
  ),
  'rotation-policy-weaker, off-schedule': rotationPolicyWeaker.draft('off-schedule', ID, {
    since: AT,
    says: 'No rotation policy makes a new version; it is to make one every P90D.',
    wanted: WANTED,
  }),
  'rotation-policy-weaker, managed-elsewhere': rotationPolicyWeaker.draft('managed-elsewhere', ID, {
    ...{ since: AT, says: 'No rotation policy makes a new version; it is to make one every P90D.', by: MALLORY },
    wanted: { rotate: WANTED.rotate, notifyBefore: 'P30D' },
  }),
  'rotation-policy-weaker, unreadable': rotationPolicyWeaker.draft('unreadable', ID, {
    since: AT,
    says: 'It cannot be read: the permission to read there is missing.',
  }),
  'row-forged': rowForged.draft('approvals/prod-disks/a7', AT),
  'set-moved': setMoved.draft({
    set: SET,
    to: 'evil/disk-a',
    hangs: DISKS,
    commands: [`${MOVED_BACK} --source-vault ${VAULT_ID}`],
  }),
  'set-not-followed, late': notFollowed(
    { kind: 'late', shows: 'its active version is 0011' },
    ['It is pinned to version 0011: it takes no new version by itself.'],
    [`${FOLLOWING}  # points it there`, `${SHOW_SET}  # what is wrong with it`],
  ),
  'set-not-followed, stuck': notFollowed(
    { kind: 'stuck', code: 'KeyVaultAccessForbidden', message: 'The set may not unwrap with its key.' },
    ['Its identity 0a0b is not allowed to get, wrap, unwrap in the vault prod-disks.'],
    [
      `${GRANT}  # first: lets it use its key`,
      `${FOLLOWING}  # points it there`,
      `${SHOW_SET}  # what is wrong with it`,
    ],
    true,
  ),
  'set-not-followed, not-rotating': notFollowed({ kind: 'not-rotating', isConfidential: false }, [], [FOLLOWING]),
  'set-not-followed, reverted': notFollowed({ kind: 'reverted', to: '0011' }, [], [FOLLOWING]),
  'set-not-followed, unreachable': notFollowed(
    { kind: 'unreachable', because: 'the permission to read there is missing' },
    [],
    [connect('if a right is missing, gives it back'), `${SHOW_SET}  # which version it has`],
  ),
  'trail-anchored': trailAnchored.draft({ root: 'a1b2', seal: 7, sealedAt: AT, streams: 3, records: 41, key: 'k1' }),
  'glass-broken': glassBroken.draft(GLASS),
  'undo-refused': {
    ...undoRefused.draft(
      ID,
      AT,
      'forbidden-by-permission: The vault prod-disks answered 403 (Forbidden), updating disk-a/a1b2.',
    ),
    ...{ deadline: IN_AN_HOUR, hangs: SET_HANGS },
  },
  'unexpected-use, backed-up': unexpectedUse.draft('backed-up', ID, MALLORY, AT, 'KeyBackup'),
  'unexpected-use, unknown-user': unexpectedUse.draft('unknown-user', ID, MALLORY, AT, 'KeyUnwrap'),
} as const satisfies Readonly<Record<string, IncidentDraft>>;

const machine = (name: string, power: 'running' | 'stopped') => ({
  id: `${VAULT_ID.split('/resourceGroups')[0]}/resourceGroups/apps/providers/Microsoft.Compute/virtualMachines/${name}`,
  name,
  power,
});

/** What hangs on the key of the examples. */
export const HANGS: Hanging = {
  kind: 'disks',
  says: '1 disk encryption set (6 disks), 3 machines, 2 running',
  machines: [machine('web-1', 'running'), machine('web-2', 'running'), machine('web-3', 'stopped')],
  vaultId: VAULT_ID,
};

const BORN = new Date('2026-01-01T00:00:00Z');
const LATER = new Date('2026-03-01T12:00:20Z');
const A_YEAR_ON = new Date('2027-01-01T00:00:00Z');
const WEB_VERSION = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const NEW_VERSION = '9f8e7d6c5b4a39281706f5e4d3c2b1a0';
const APPROVED: Attributes = { enabled: true, expiresOn: A_YEAR_ON, operations: ['wrapKey', 'unwrapKey'] };
const DETAIL = { operations: APPROVED.operations, keyType: 'RSA', keySizeBits: 3072, fingerprint: 'f1' };
const SHOWN: ObservedVersion = {
  ...{ version: WEB_VERSION, enabled: true, notBefore: undefined, expiresOn: A_YEAR_ON, detail: DETAIL },
  ...{ created: BORN, updated: AT },
};
const by = (operation: string, version?: string): AuditEvent => ({
  ...{ id: operation, operation, at: AT, by: { ...MALLORY, address: '203.0.113.7' } },
  ...(version === undefined ? {} : { version }),
});

/** A key with one approved version, as the vault and the audit log show it now. */
const asShown = (observed: ObservedKey, events: readonly AuditEvent[], more: Partial<KeyRecord> = {}): Situation => ({
  ...ID,
  observed,
  record: {
    approved: {
      versions: { [WEB_VERSION]: { ...DETAIL, created: BORN, attributes: APPROVED, consumed: [] } },
      standing: { kind: 'kept' },
    },
    observed: {
      current: WEB_VERSION,
      versions: { [WEB_VERSION]: { ...APPROVED, at: BORN, updated: BORN, inFullAt: BORN } },
      differing: {},
    },
    inFlight: { undone: [] },
    audit: { events: [...events], refusals: [] },
    ...more,
  },
  policy: { guarded: true, mode: 'alert', notifyBeforeExpiryDays: 30, knownUsers: [] },
  pinned: undefined,
  now: LATER,
});

const present = (current: string, ...versions: readonly ObservedVersion[]): ObservedKey => ({
  ...{ kind: 'present', managed: false, current, versions },
});
const changed = (more: Partial<ObservedVersion>): Situation =>
  asShown(present(WEB_VERSION, { ...SHOWN, ...more }), [by('KeyUpdate', WEB_VERSION)]);
const newVersion = (more: Partial<ObservedVersion>): ObservedVersion => ({
  ...SHOWN,
  ...{ version: NEW_VERSION, created: AT, detail: { ...DETAIL, fingerprint: 'f2' } },
  ...more,
});

/** Where each rule finds something. */
const situations: Readonly<Record<string, Situation>> = {
  'key-deleted': asShown(
    { kind: 'deleted', managed: false, deletedOn: AT, scheduledPurgeOn: new Date('2026-05-30T12:00:00Z') },
    [by('KeyDelete')],
  ),
  'key-missing': asShown({ kind: 'absent' }, [by('KeyPurge')], {
    audit: { events: [by('KeyPurge')], purged: { at: AT, by: by('KeyPurge').by }, refusals: [] },
  }),
  'key-recreated': asShown(present(NEW_VERSION, newVersion({})), [by('KeyCreate', NEW_VERSION)]),
  'version-changed': changed({ expiresOn: new Date('2028-01-01T00:00:00Z') }),
  'version-disabled': changed({ enabled: false }),
  'version-expiring': changed({ expiresOn: new Date('2026-03-02T00:00:00Z') }),
  'version-not-approved': asShown(present(NEW_VERSION, newVersion({ enabled: false }), SHOWN), [
    by('KeyCreate', NEW_VERSION),
  ]),
  'version-not-before-later': changed({ notBefore: A_YEAR_ON }),
  'version-operations-removed': changed({ detail: { ...DETAIL, operations: ['wrapKey'] } }),
};

/** One incident of each rule, by its id, as an inspection opens it in a vault in `alert`. */
export const ruleExamples: Readonly<Record<string, IncidentDraft>> = Object.fromEntries(
  Object.entries(situations).flatMap(([rule, { record, ...situation }]) => {
    const given = { approvals: [], holds: [], blockSince: undefined, sweptOtherwiseAt: BORN, baselineAccepted: true };
    const decision = decide({ ...situation, record, ...given });
    const found = {
      decision,
      record,
      subject: KEY,
      hanging: () => HANGS,
      ended: [],
      by: undefined,
      failure: undefined,
    };
    const draft = incidentsOf(found, LATER).find(({ kind }) => kind === rule);
    return draft === undefined ? [] : [[rule, draft]];
  }),
);
