import { utc } from '../../../shared/domain/time.ts';
import { checks } from '../../../shared/posture/checks/registry.ts';
import { commandLines, counted, countedAll, number, some, table, wrapped } from './lines.ts';
import type { PlanFinding, PlanKey, PlanReport } from './schema.ts';
import { byHarm, tree } from './tree.ts';

/** Findings that are shown one by one, of all checks and of one. */
const MOST_FINDINGS = 10;
const MOST_OF_A_CHECK = 4;
const MOST_SUBJECTS = 5;
const MOST_KEYS = 20;
const MOST_PRINCIPALS = 4;
const MOST_VAULTS = 5;
const MOST_ACTIONS = 3;

/** How the text names a person or application: by its name where that is known. */
export type NameOf = (principalId: string) => string | undefined;

/** What `plan` prints for people, in at most 100 columns. Long lists are cut, with counts: `--json` has all. */
export const planText = (report: PlanReport, nameOf: NameOf): string =>
  [
    ...head(report),
    ...section(`IN DANGER NOW (${number(report.danger.length)})`, dangers(report)),
    ...section('WHAT HANGS ON WHAT', pictured(report)),
    ...section('KEYS IN USE', keyTable(report)),
    ...section('HOW DISKS ARE ENCRYPTED', encryption(report)),
    ...section(`SHOULD BE REPAIRED (${number(report.weak.length)})`, weaknesses(report)),
    ...section('WHO MAY DELETE, DISABLE OR PURGE THESE KEYS', destroyers(report, nameOf)),
    ...section('WHAT KEY GUARDIAN WOULD DO HERE', guarding(report)),
    ...section('COULD NOT BE READ, AND COUNTS AS UNKNOWN', unread(report)),
    '',
    '--json prints all of this; --policy-out <file> writes a policy that guards these vaults.',
  ].join('\n');

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

function head({ at, subscriptions, inUse }: PlanReport): readonly string[] {
  const shown = subscriptions.filter((each) => each.shown).map(({ id, name = id }) => name);
  const hidden = subscriptions.length - shown.length;
  const not = hidden === 0 ? '' : `; ${counted(hidden, 'subscription')} not shown to you`;
  const { vaults, keys, disks, machines, running } = inUse;
  return [
    ...wrapped(`What hangs on which key, in ${some(shown, 4)}${not}.`),
    `Read on ${utc(at)}. Nothing was written.`,
    '',
    ...wrapped(
      'A disk under a customer-managed key works only as long as its key does. About an hour after the key was disabled, deleted or put out of reach, the disk fails and its machine stops.',
    ),
    '',
    ...wrapped(
      `${counted(keys, 'key')} in use, in ${counted(vaults, 'vault')}. On these hang ${counted(disks, 'disk')} and ${counted(machines, 'machine or scale set', 'machines and scale sets')}, ${number(running)} of them running.`,
    ),
  ];
}

function dangers({ danger, unknown }: PlanReport): readonly string[] {
  if (danger.length === 0)
    return [unknown.length === 0 ? 'Nothing.' : 'Nothing that was found; see below what could not be read.'];
  const shown: PlanFinding[] = [];
  for (const finding of danger) {
    const same = shown.filter(({ check }) => check === finding.check).length;
    if (shown.length < MOST_FINDINGS && same < MOST_OF_A_CHECK) shown.push(finding);
  }
  const left = [
    ...Map.groupBy(
      danger.filter((each) => !shown.includes(each)),
      ({ check }) => check,
    ),
  ];
  return [
    ...shown.flatMap((finding, at) => findingLines(finding, `${at + 1}.`.padStart(3))),
    ...left.flatMap(([check, more]) =>
      wrapped(
        `… and ${number(more.length)} more of ${check}: ${some(
          more.map(({ subject }) => subject),
          MOST_SUBJECTS,
        )}`,
        '    ',
      ),
    ),
  ];
}

function findingLines(
  { check, subject, says, commands, disks, machines, running }: PlanFinding,
  place: string,
): readonly string[] {
  const [first = '', ...others] = wrapped(`${subject}: ${says}`, '    ');
  const hangs = disks + machines === 0 ? 'nothing that was found' : hanging({ disks, machines, running });
  return [
    `${place} ${first.slice(4)}`,
    ...others,
    `    hangs on it: ${hangs} (${check})`,
    ...commands.flatMap((command) => commandLines(command, '    ')),
  ];
}

const hanging = ({ disks, machines, running }: Pick<PlanFinding, 'disks' | 'machines' | 'running'>): string =>
  `${countedAll([disks, 'disk'], [machines, 'machine'])}${machines === 0 ? '' : `, ${number(running)} running`}`;

function pictured({ vaults, at, managedHsms, secrets, otherVaults }: PlanReport): readonly string[] {
  return [
    ...(vaults.length === 0 ? ['No key of a vault is in use by anything that was read.'] : tree({ vaults, at })),
    ...managedHsms.map((name) => `${name}: a Managed HSM, whose keys cannot be guarded`),
    ...secrets.map(
      ({ vault, disks }) => `${vault}: a secret alone unlocks ${counted(disks, 'disk')}; secrets are not guarded`,
    ),
    ...(otherVaults === 0 ? [] : [`${counted(otherVaults, 'other vault')}: nothing that was read uses a key there`]),
  ];
}

function keyTable({ vaults, guard }: PlanReport): readonly string[] {
  const keys = vaults.flatMap((vault) => vault.keys.map((key) => ({ ...key, spelled: `${vault.name}/${key.name}` })));
  if (keys.length === 0) return [];
  const shown = byHarm(keys, (key) => key).slice(0, MOST_KEYS);
  const rows = shown.map(({ spelled, users, disks, machines, running, expiresOn, state, guarded }) => [
    spelled.length > MOST_NAME ? `${spelled.slice(0, MOST_NAME - 1)}…` : spelled,
    ...[users.length, disks, machines, running].map(number),
    expiryOf({ expiresOn, state }),
    state === 'unusable' ? 'UNUSABLE' : state,
    ...(guarded === undefined ? [] : [guarded]),
  ]);
  const left = keys.length - shown.length;
  return [
    ...table(
      [
        'Key',
        'Users',
        'Disks',
        'Machines',
        'Running',
        'Expires',
        'State',
        ...(guard.alreadyGuarded === undefined ? [] : ['Guarded']),
      ],
      rows,
      [1, 2, 3, 4],
    ),
    ...(left === 0 ? [] : [`… and ${counted(left, 'key')} more`]),
  ];
}

/** The earliest expiry of a version in use. A key that is not there has none that counts. */
const expiryOf = ({ expiresOn, state }: Pick<PlanKey, 'expiresOn' | 'state'>): string =>
  expiresOn === undefined ? (state === 'usable' ? 'never' : '-') : utc(expiresOn).slice(0, 'yyyy-mm-dd'.length);

const MOST_NAME = 40;

const ENCRYPTIONS = {
  'customer-key': 'a customer-managed key',
  'platform-and-customer-keys': 'a customer-managed key and one of the platform',
  confidential: 'a customer-managed key, confidential',
  'azure-disk-encryption': 'Azure Disk Encryption, which ends on 15 September 2028',
  'platform-key': 'a key of the platform alone',
  unknown: 'not shown',
} as const;

function encryption({ disks, machines }: PlanReport): readonly string[] {
  const rows = disks
    .filter((each) => each.disks + each.snapshots > 0)
    .map((each) => [ENCRYPTIONS[each.encryption], number(each.disks), number(each.snapshots)]);
  return [
    ...(rows.length === 0 ? [] : table(['Under', 'Disks', 'Snapshots'], rows, [1, 2])),
    `${counted(machines.all, 'machine')}, ${number(machines.running)} running, ${number(machines.encryptedAtHost)} with encryption at host`,
  ];
}

/** One entry for each check, with the first of its subjects as an example. */
function weaknesses({ weak }: PlanReport): readonly string[] {
  return checks.flatMap(({ id, demand }) => {
    const found = weak.filter(({ check }) => check === id);
    const [first] = found;
    if (first === undefined) return [];
    const subjects = [...new Set(found.map(({ subject }) => subject))];
    return [
      ...bullet(`${id}: ${demand}`),
      ...wrapped(`${counted(found.length, 'finding')}: ${some(subjects, MOST_SUBJECTS)}`, '    '),
      ...wrapped(`${first.subject}: ${first.says}`, '    '),
      ...first.commands.flatMap((command) => commandLines(command, '    ')),
    ];
  });
}

const ACTS = { delete: 'delete', disable: 'disable', purge: 'purge', grant: 'give themselves the right' } as const;

function destroyers({ vaults }: PlanReport, nameOf: NameOf): readonly string[] {
  const held = vaults.filter((vault) => vault.destroyers.length > 0);
  const left = held.length - MOST_VAULTS;
  return [
    ...held
      .slice(0, MOST_VAULTS)
      .flatMap(({ name, destroyers: all }) => [
        name,
        ...all.slice(0, MOST_PRINCIPALS).flatMap((each) => bullet(destroyerText(each, nameOf))),
        ...(all.length > MOST_PRINCIPALS ? [`  … and ${number(all.length - MOST_PRINCIPALS)} more`] : []),
      ]),
    ...(left > 0 ? [`… and in ${counted(left, 'vault')} more`] : []),
  ];
}

function destroyerText(
  {
    principalId,
    principalType,
    through,
    from,
    key,
    acts,
    conditional,
  }: PlanReport['vaults'][number]['destroyers'][number],
  nameOf: NameOf,
): string {
  const who = `${nameOf(principalId) ?? principalId}${principalType === undefined ? '' : ` (${principalType})`}`;
  const by = through.startsWith('access policy')
    ? `by ${through}`
    : `by ${through} on the ${key === undefined ? from : `key ${key}`}`;
  return `${who}: ${acts.map((act) => ACTS[act]).join(', ')}; ${by}${conditional ? ', under a condition' : ''}`;
}

/** A text as an item of a list. */
const bullet = (text: string): readonly string[] =>
  wrapped(text, '  ').map((line, at) => (at === 0 ? `- ${line.slice(2)}` : line));

function guarding({ guard }: PlanReport): readonly string[] {
  const { vaults, keys, alreadyGuarded, block, rights } = guard;
  if (vaults === 0) return ['Nothing: no vault with a key in use is shown.'];
  const cannot = block.cannotUndo;
  const bullets = [
    `It would guard ${counted(vaults, 'vault')} with ${counted(keys, 'key')} in use${alreadyGuarded === undefined ? '' : `; your policy guards ${number(alreadyGuarded)} of these keys already`}.`,
    'In alert, the default, it writes nothing and alerts people.',
    `In block it would also undo each change that makes a key less usable, from the day on which block begins. Today it would find ${counted(block.nothingToUndo, 'key')} usable, with nothing to undo.`,
    ...(block.leftToPeople.length === 0
      ? []
      : [`What is unusable already, block leaves to you: ${some(block.leftToPeople, MOST_SUBJECTS)}.`]),
    ...(block.unknown.length === 0
      ? []
      : [`Not known, since they could not be read: ${some(block.unknown, MOST_SUBJECTS)}.`]),
    ...(cannot.length === 0
      ? []
      : [`Nobody can undo a purge in ${some(cannot, MOST_SUBJECTS)}: purge protection is off there.`]),
  ];
  const policies = rights[0]?.byPolicy ?? [];
  return [
    ...bullets.flatMap(bullet),
    'Rights that its identities need (all in docs/rights.md), and where no role gives them yet:',
    ...rights.flatMap(({ identity, scope, actions, missing }) => [
      ...wrapped(`${identity} (${scope}): ${some(actions.map(shortAction), MOST_ACTIONS)}`, '  '),
      ...wrapped(missing.length === 0 ? 'missing nowhere' : `missing in ${some(missing, MOST_SUBJECTS)}`, '    '),
    ]),
    ...(policies.length === 0
      ? []
      : wrapped(
          `${some(policies, MOST_SUBJECTS)}: access policies, which ignore roles (docs/deploy.md says how).`,
          '  ',
        )),
  ];
}

/** An action on keys by its own part, as the README says it. */
const shortAction = (action: string): string => action.replace('Microsoft.KeyVault/vaults/keys/', 'keys/');

function unread({ unknown }: PlanReport): readonly string[] {
  const reasons = [...Map.groupBy(unknown, ({ because }) => because)];
  const left = reasons.length - MOST_FINDINGS;
  return [
    ...reasons.slice(0, MOST_FINDINGS).flatMap(([because, these]) => {
      const subjects = these.map(({ subject }) => subject);
      return bullet(`${some(subjects, MOST_SUBJECTS)}: ${because}`);
    }),
    ...(left > 0 ? [`… and ${counted(left, 'reason')} more`] : []),
  ];
}
