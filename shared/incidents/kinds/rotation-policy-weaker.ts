import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { asJson, type WantedPolicy } from '../../domain/rotation-policy.ts';
import { keyOf } from '../../domain/subject.ts';
import { connect, kindOfReasons, type ReasonFacts, withItsState } from './kind.ts';

const asItShould = withItsState('when the rotation policy keeps the schedule');
const reasons = {
  'off-schedule': { severity: 'warning', ...asItShould },
  'managed-elsewhere': { severity: 'warning', ...asItShould },
  unreadable: { severity: 'warning', ...asItShould },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

/** What is wrong with a rotation policy. */
export interface Weaker {
  readonly since: Date;
  /** In a whole sentence. */
  readonly says: string;
  /** Which one would keep the schedule; left out where it cannot be read. */
  readonly wanted?: WantedPolicy;
  /** Who set it last, as far as audit events name them. */
  readonly by?: Actor | undefined;
}

export const rotationPolicyWeaker = kindOfReasons(
  {
    id: 'rotation-policy-weaker',
    audience: 'operators',
    tells:
      'The rotation policy of a key is missing, rotates less often than its schedule, sets no expiry where it should, can never make a version, or cannot be read.',
    reasons,
  },
  (reason: keyof typeof reasons, id: KeyId, { since, says, wanted, by }: Weaker) => ({
    subject: keyOf(id),
    since,
    summary: [
      `Rotation policy of ${spell(id)}: ${says}`,
      ...(reason === 'managed-elsewhere'
        ? ['The guardian set it once, and somebody set it back: the key is managed elsewhere, and it is not set again.']
        : []),
    ].join(' '),
    who: by,
    commands:
      wanted === undefined
        ? [connect('gives the guardian the right back')]
        : [
            ...(reason === 'managed-elsewhere' ? linesFor(wanted) : []),
            `${commandFor(id, wanted)}  # ${reason === 'managed-elsewhere' ? 'until the template says so' : 'sets it so'}${expiryOf(wanted)}`,
          ],
  }),
);

const expiryOf = ({ expiresIn }: WantedPolicy): string =>
  expiresIn === undefined ? '' : `: new versions expire after ${expiresIn}`;

const commandFor = ({ vault, key }: KeyId, wanted: WantedPolicy): string =>
  `az keyvault key rotation-policy update --vault-name ${vault} --name ${key} --value '${JSON.stringify(asJson(wanted))}'`;

/** What keeps both sides from fighting, for those who make the key by a template. A shell takes them as comments. */
function linesFor({ rotate, expiresIn, notifyBefore }: WantedPolicy): readonly string[] {
  const expiry =
    expiresIn === undefined ? '' : `, expire_after = "${expiresIn}", notify_before_expiry = "${notifyBefore}"`;
  const attributes = expiresIn === undefined ? '' : `, attributes: { expiryTime: '${expiresIn}' }`;
  return [
    `# in the template, Terraform: in rotation_policy, automatic.time_after_creation = "${rotate.period}"${expiry}`,
    `# in the template, Bicep: rotationPolicy: { lifetimeActions: [{ action: { type: 'rotate' }, trigger: { timeAfterCreate: '${rotate.period}' } }]${attributes} }`,
  ];
}
