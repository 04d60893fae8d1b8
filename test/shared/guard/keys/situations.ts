import type { Approval } from '../../../../shared/domain/approval.ts';
import type { Found, Situation } from '../../../../shared/domain/finding.ts';
import type { Hold } from '../../../../shared/domain/hold.ts';
import type { AttributeChange, Attributes, ObservedVersion, VersionDetail } from '../../../../shared/domain/key.ts';
import type { KeyPolicy } from '../../../../shared/domain/policy.ts';
import type { ApprovedVersion, AuditEvent, KeyRecord, LastObserved } from '../../../../shared/domain/register.ts';
import { later } from '../../../../shared/domain/time.ts';
import type { Given } from '../../../../shared/guard/keys/decide.ts';
import { findings } from '../../../../shared/guard/keys/findings.ts';

export const NOW = new Date('2026-03-01T12:00:00Z');
export const BORN = new Date('2026-01-01T00:00:00Z');
/** When the act happened that most tests are about. */
export const ACTED = new Date('2026-03-01T11:59:30Z');
export const [V1, V2, V3] = ['1'.repeat(32), '2'.repeat(32), '3'.repeat(32)] as const;
export const OPERATIONS = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'] as const;

/** The moment so many days from `NOW`; before it where negative. */
export const inDays = (days: number): Date => inMs(days * 86_400_000);
/** The moment so many milliseconds from `NOW`; before it where negative. */
export const inMs = (ms: number): Date => later(NOW, ms);

export const DETAIL: VersionDetail = {
  operations: OPERATIONS,
  keyType: 'RSA',
  keySizeBits: 2048,
  fingerprint: 'f1',
};

/** A sound version as a vault shows it, read in full. */
export const shown = (more: Partial<ObservedVersion> = {}): ObservedVersion => ({
  version: V1,
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  created: BORN,
  updated: BORN,
  detail: DETAIL,
  ...more,
});

/** What a sound version is held to. */
export const approved = (more: Partial<Attributes> = {}): Attributes => ({
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  operations: [...OPERATIONS],
  ...more,
});

/** What the register knows of a sound version. */
export const known = (more: Partial<ApprovedVersion> = {}): ApprovedVersion => ({
  created: BORN,
  attributes: approved(),
  keyType: 'RSA',
  keySizeBits: 2048,
  fingerprint: 'f1',
  consumed: [],
  ...more,
});

/** What the last observation, a day ago, showed of a sound version. */
export const lastObserved = (more: Partial<LastObserved> = {}): LastObserved => ({
  at: inDays(-1),
  updated: BORN,
  enabled: true,
  operations: [...OPERATIONS],
  inFullAt: inDays(-1),
  ...more,
});

/** What a test says of a key's row: of each of its parts only what it is about. */
export interface Parts {
  readonly approved?: Partial<KeyRecord['approved']>;
  readonly observed?: Partial<KeyRecord['observed']>;
  readonly inFlight?: Partial<KeyRecord['inFlight']>;
  readonly audit?: Partial<KeyRecord['audit']>;
}

/** What the register holds of a key with these versions, each last observed as sound. */
export const recordOf = (versions: KeyRecord['approved']['versions'], more: Parts = {}): KeyRecord => ({
  approved: { versions, standing: { kind: 'kept' }, ...more.approved },
  observed: {
    current: V1,
    versions: Object.fromEntries(Object.keys(versions).map((version) => [version, lastObserved()])),
    differing: {},
    ...more.observed,
  },
  inFlight: { undone: [], ...more.inFlight },
  audit: { events: [], refusals: [], ...more.audit },
});

/** A key that the vault shows with these versions, the first being current. */
export const present = (...versions: readonly ObservedVersion[]): Situation['observed'] => ({
  kind: 'present',
  managed: false,
  current: versions[0]?.version ?? '',
  versions,
});

export const POLICY: KeyPolicy = {
  guarded: true,
  mode: 'block',
  notifyBeforeExpiryDays: 30,
  knownUsers: [],
};

/** A key of one version that is as approved, in a vault in `block`. */
export const situation = (more: Partial<Situation> = {}): Situation => ({
  vault: 'prod-disks',
  key: 'disk-a',
  observed: present(shown()),
  record: recordOf({ [V1]: known() }),
  policy: POLICY,
  pinned: undefined,
  now: NOW,
  ...more,
});

/** The same with nothing that would keep the guardian from writing. */
export const given = (more: Partial<Given> = {}): Given => ({
  ...situation(),
  baselineAccepted: true,
  approvals: [],
  holds: [],
  blockSince: undefined,
  sweptOtherwiseAt: undefined,
  ...more,
});

/** One version, as it is shown and as it is approved; both sound but for what is given. */
export const oneVersion = (
  version: Partial<ObservedVersion>,
  held: Partial<Attributes> = {},
  more: Partial<Situation> = {},
): Situation =>
  situation({
    observed: present(shown({ updated: ACTED, ...version })),
    record: recordOf({ [V1]: known({ attributes: approved(held) }) }),
    ...more,
  });

/** The write that restores attributes of the version. */
export const restoring = (change: AttributeChange) =>
  ({ kind: 'restore-version', vault: 'prod-disks', key: 'disk-a', version: V1, change }) as const;

/** What one rule finds. */
export const found = (rule: string, of: Situation): readonly Found[] =>
  findings(of).filter((finding) => finding.rule === rule);

/** An approval of a disablement of the key, from an hour before the act to an hour after, granted and by anyone. */
export const approval = (more: Partial<Approval> = {}): Approval => ({
  id: 'approval-1',
  vault: 'prod-disks',
  key: 'disk-a',
  version: V1,
  acts: ['disable'],
  by: 'anyone',
  from: later(ACTED, -3_600_000),
  until: later(ACTED, 3_600_000),
  why: 'retired',
  asked: { by: { oid: 'asker' }, at: inDays(-1) },
  granted: { by: { oid: 'granter' }, at: inDays(-1) },
  ...more,
});

/** A hold on the key, set an hour ago and ending in three. */
export const hold = (more: Partial<Hold> = {}): Hold => ({
  id: 'hold-1',
  vault: 'prod-disks',
  key: 'disk-a',
  by: { oid: 'responder' },
  why: 'compromised',
  from: inMs(-3_600_000),
  until: inMs(3 * 3_600_000),
  ...more,
});

/** An audit event. */
export const by = (operation: string, oid: string, at = ACTED, version: string | undefined = V1): AuditEvent => ({
  id: `${operation}-${oid}`,
  operation,
  at,
  by: { oid },
  ...(version === undefined ? {} : { version }),
});
