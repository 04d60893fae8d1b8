import type { SeedKey, SeedVersion } from '../../local/azure/types.ts';
import type { Incident } from '../../shared/domain/incident.ts';
import type { KeyRecord } from '../../shared/domain/register.ts';
import { spellSubject } from '../../shared/domain/subject.ts';
import { DAY_MS } from '../../shared/domain/time.ts';
import { readKeys } from '../../shared/register/keys.ts';
import type { World } from './world.ts';

/** Where a run came to, without what differs from run to run: times, ids, and how often something was heard. */
export interface EndState {
  readonly vault: readonly unknown[];
  /** Writes of the guardian that changed what the vault holds. */
  readonly changes: number;
  /** But for what tells only how long an instance was gone, once it is resolved. */
  readonly incidents: readonly string[];
  readonly register: readonly unknown[];
  /** Claims that nobody ended. */
  readonly claims: number;
  /** Incidents of which the outbox still holds an alert, and those that nobody was alerted of as they stand. */
  readonly untold: readonly string[];
  /** Alerts of what no incident says. */
  readonly unfounded: readonly string[];
  /** Writes that reached the vault without an intent in the trail. */
  readonly unrecorded: readonly string[];
}

/** They tell of the platform: in which call an instance ends decides whether anybody missed it. */
const OF_THE_PLATFORM = ['not-inspected', 'vault-unreadable', 'wave'];

/** Where a run over one vault came to. Dates that the guardian made are told from now. */
export async function endStateOf(world: World, vault: string, keys: readonly string[]): Promise<EndState> {
  const { known } = await readKeys(world.ports.tables.keys, vault);
  const incidents = [
    ...(await world.incidents(vault)),
    ...(await Promise.all(keys.map((key) => world.incidents(vault, key)))).flat(),
  ];
  const intended = new Set(
    (await world.trail()).flatMap(({ what, detail }) => (what === 'intent' ? [detail.intent] : [])),
  );
  return {
    vault: keys.map((key) => vaultStateOf(world, vault, key)),
    changes: world.changes(),
    incidents: incidents
      // How fast they came, and so whether they were a wave, differs from run to run.
      .filter(({ kind, reason = kind, state }) => state === 'open' || !OF_THE_PLATFORM.includes(reason))
      .map(({ kind, reason, subject, state }) => [kind, reason, spellSubject(subject), state].join(' '))
      .toSorted(),
    register: [...known].map(([key, { record }]) => registerStateOf(key, record)),
    claims: (await world.ports.tables.claims.list(vault)).stored.length,
    untold: [
      ...(await world.ports.tables.outbox.list()).stored.map(({ value }) => value.incident.kind),
      ...incidents
        .filter((incident) => !isTold(world, incidents.find(({ id }) => id === incident.wave) ?? incident))
        .map(({ kind, state }) => `${kind} ${state}`),
    ],
    unfounded: world.alerts
      .filter(({ incident: { id, revision, subject } }) => {
        if (subject.kind === 'guardian') return false;
        const standing = incidents.find((incident) => incident.id === id);
        return standing === undefined || standing.revision < revision;
      })
      .map(({ event, incident: { kind, subject } }) => `${event} ${kind} ${spellSubject(subject)}`),
    unrecorded: world.azure.log
      .filter(({ identity, method, status }) => identity === 'keeper' && method !== 'GET' && status !== 401)
      .map(({ clientRequestId = 'none' }) => clientRequestId)
      .filter((id) => !intended.has(id)),
  };
}

/** Whether the channel was given an incident as it stands. The alerts of a wave speak for those in it. */
const isTold = ({ alerts }: World, { id, revision }: Incident): boolean =>
  alerts.some(({ incident }) => incident.id === id && incident.revision === revision);

function registerStateOf(key: string, { approved, observed, inFlight, audit }: KeyRecord): unknown {
  return {
    key,
    current: observed.current,
    versions: Object.entries(approved.versions).map(([version, known]) => {
      const last = observed.versions[version];
      return {
        version,
        approved: known.attributes && {
          ...known.attributes,
          notBefore: dateOf(known.attributes.notBefore?.getTime()),
          expiresOn: dateOf(known.attributes.expiresOn?.getTime()),
        },
        fingerprint: known.fingerprint,
        revoked: known.revoked,
        consumed: known.consumed.length,
        observed: last && {
          enabled: last.enabled,
          operations: last.operations,
          notBefore: dateOf(last.notBefore?.getTime()),
          expiresOn: dateOf(last.expiresOn?.getTime()),
        },
      };
    }),
    differing: Object.keys(observed.differing).toSorted(),
    standing: approved.standing.kind,
    absent: observed.absentSince !== undefined,
    recovering: inFlight.recovering !== undefined,
    purged: audit.purged !== undefined,
    unreadable: inFlight.unreadable?.because,
    undone: [...new Set(inFlight.undone.map(({ version }) => version ?? ''))].toSorted(),
    events: audit.events.map(({ operation, version }) => `${operation} ${version ?? ''}`).toSorted(),
  };
}

function vaultStateOf(world: World, vault: string, key: string): unknown {
  const state = world.azure.state(vault, key);
  if (state.kind === 'none') return state;
  return {
    kind: state.kind,
    versions: state.versions.map(({ version, enabled, nbf, exp, keyOps }) => ({
      version,
      enabled,
      keyOps,
      nbf: dateOf(nbf === undefined ? undefined : nbf * 1000),
      exp: dateOf(exp === undefined ? undefined : exp * 1000),
    })),
  };
}

/** A date on midnight was given by the test; any other was made by the guardian, from its own now. */
function dateOf(moment: number | undefined): string | undefined {
  if (moment === undefined || moment % DAY_MS === 0)
    return moment === undefined ? undefined : new Date(moment).toISOString();
  return `about ${Math.round((moment - Date.now()) / (10 * DAY_MS))}0 days from now`;
}

/** 1 January 2025, in Unix seconds. */
const BORN = 1_735_689_600;

/** A key whose material is a public part alone, so that a thousand runs make no RSA key. Versions are a day apart. */
export const seedKey = (name: string, versions: readonly SeedVersion[]): SeedKey => ({
  name,
  versions: versions.map((version, at) => ({
    created: BORN + at * 86_400,
    updated: BORN + at * 86_400,
    keyOps: ['wrapKey', 'unwrapKey'],
    publicPart: { n: Buffer.alloc(256, `${name}${at}`).toString('base64url'), e: 'AQAB' },
    ...version,
  })),
});
