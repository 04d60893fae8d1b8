import type { SeedKey, SeedVersion } from '../../local/azure/types.ts';
import { DAY_MS } from '../../shared/domain/time.ts';
import { inspectionsStalled } from '../../shared/incidents/kinds/inspections-stalled.ts';
import { sweepReplanted } from '../../shared/incidents/kinds/sweep-replanted.ts';
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
  /** Incidents whose last change is not in the alerts queue. */
  readonly untold: readonly string[];
  /** Writes that reached the vault without an intent in the trail. */
  readonly unrecorded: readonly string[];
}

/** They tell of the platform: in which call an instance ends decides whether anybody missed it. */
const OF_THE_PLATFORM = [inspectionsStalled.id, sweepReplanted.id];

/** Where a run over one vault came to. Dates that the guardian made are told from now. */
export async function endStateOf(world: World, vault: string, keys: readonly string[]): Promise<EndState> {
  const rows = await readKeys(world.ports.tables.keys, vault);
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
      .filter(({ kind, state }) => state === 'open' || !OF_THE_PLATFORM.includes(kind))
      .map(({ kind, subject, state }) => [kind, subject.key, subject.version, state].join(' '))
      .toSorted(),
    register: [...rows].map(([key, { record }]) => ({
      key,
      current: record.current,
      versions: Object.entries(record.versions).map(([version, known]) => ({
        version,
        approved: known.approved && {
          ...known.approved,
          notBefore: dateOf(known.approved.notBefore?.getTime()),
          expiresOn: dateOf(known.approved.expiresOn?.getTime()),
        },
        fingerprint: known.fingerprint,
        distrusted: known.distrusted,
        spent: known.spent.length,
        seen: known.seen && {
          enabled: known.seen.enabled,
          operations: known.seen.operations,
          // What was never looked at carries the baseline's `undo`: only `left` changes what is decided next.
          left: known.seen.verdict === 'left',
          notBefore: dateOf(known.seen.notBefore?.getTime()),
          expiresOn: dateOf(known.seen.expiresOn?.getTime()),
        },
      })),
      approvedDeletion: record.approvedDeletion !== undefined,
      absent: record.absentSince !== undefined,
      recovering: record.recovering !== undefined,
      purged: record.purged !== undefined,
      failing: record.failing?.because,
      undone: [...new Set(record.undone.map(({ version }) => version ?? ''))].toSorted(),
      acts: record.acts.map(({ operation, version }) => `${operation} ${version ?? ''}`).toSorted(),
    })),
    claims: (await world.ports.tables.claims.list(vault)).length,
    untold: incidents.filter(({ revision, toldRevision }) => toldRevision < revision).map(({ kind }) => kind),
    unrecorded: world.azure.log
      .filter(({ identity, method, status }) => identity === 'keeper' && method !== 'GET' && status !== 401)
      .map(({ clientRequestId = 'none' }) => clientRequestId)
      .filter((id) => !intended.has(id)),
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
