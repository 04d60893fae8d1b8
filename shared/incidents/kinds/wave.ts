import { type Incident, type Severity, severities } from '../../domain/incident.ts';
import { type Subject, spellSubject } from '../../domain/subject.ts';
import { byDeadline } from '../draft.ts';
import { incidentKind, listed, rolesOf, withItsState } from './kind.ts';

/** Subjects that one alert names at most. */
const NAMED = 10;
/** Vaults that the commands of one alert restore at most. */
const RESTORED = 3;

/** What the incidents of a wave have in common. */
export type OfWave = Extract<Subject, { readonly kind: 'vault' | 'actor' }>;

/** What a wave takes from each of its incidents. */
export type Member = Pick<
  Incident,
  'kind' | 'severity' | 'subject' | 'state' | 'deadline' | 'stopsOn' | 'hangs' | 'who'
>;

const worst = (members: readonly Member[]): Severity =>
  severities.findLast((severity) => members.some((one) => one.severity === severity)) ?? 'error';

export const wave = incidentKind(
  {
    id: 'wave',
    severity: 'critical',
    audience: 'on-call',
    tells:
      'More than five keys of a vault, or of several vaults by one identity, had incidents within five minutes: from the sixth key on they have one alert.',
    ...withItsState('when each of them is resolved and none has come for five minutes'),
  },
  (of: OfWave, since: Date, members: readonly Member[]) => {
    const open = members.filter(({ state }) => state === 'open');
    const [first] = open.filter(({ hangs }) => hangs?.kind === 'disks');
    const [nearest] = open.toSorted(byDeadline);
    const [who, ...others] = [...new Map(members.flatMap((one) => (one.who ? [[one.who.oid, one.who]] : []))).values()];
    return {
      subject: of,
      since,
      severity: worst(open.length === 0 ? members : open),
      summary: `${WHICH[of.kind](spellSubject(of))} had incidents within five minutes. The first five have alerts of their own; this is the one alert of all others: ${counts(members)}, ${members.length - open.length} of them good again${
        open.length === 0
          ? ''
          : `, ${open.length} not: ${listed(
              open.map(({ subject }) => spellSubject(subject)),
              NAMED,
            )}`
      }.`,
      judgement: 'whoever is on call has to restore those that are not good again, now',
      deadline: nearest?.deadline,
      stopsOn: nearest?.stopsOn,
      ...(first?.hangs === undefined
        ? {}
        : { hangs: { ...first.hangs, says: `on ${spellSubject(first.subject)} alone ${first.hangs.says}` } }),
      ...(who === undefined || others.length > 0 ? {} : { who }),
      commands: ['key-guardian incident list  # each of them', ...commandsFor(of, open.length === 0 ? members : open)],
    };
  },
);

const WHICH: Readonly<Record<OfWave['kind'], (spelt: string) => string>> = {
  vault: (spelt) => `More than five keys of ${spelt}`,
  actor: (spelt) => `More than five keys of several vaults that ${spelt} changed`,
};

function commandsFor(of: OfWave, members: readonly Member[]): readonly string[] {
  if (of.kind === 'vault')
    return [
      `key-guardian restore ${of.vault}  # all that is not good again`,
      `key-guardian hold set ${of.vault} --why "…"  # if a responder of your own does this: then nothing is restored`,
    ];
  const vaults = new Set(members.flatMap(({ subject }) => ('vault' in subject ? [subject.vault] : [])));
  return [
    ...[...vaults].slice(0, 1).flatMap((vault) => rolesOf({ oid: of.id }, vault)),
    ...[...vaults].slice(0, RESTORED).map((vault) => `key-guardian restore ${vault}`),
  ];
}

const counts = (members: readonly Member[]): string =>
  [...Map.groupBy(members, ({ kind }) => kind)].map(([kind, those]) => `${those.length} ${kind}`).join(', ');
