import * as z from 'zod';
import { accessMessage } from './activity.ts';
import { setsMessage } from './propagation.ts';
import { agoMs, HOUR_MS, MINUTE_MS, moment } from './time.ts';
import { vaultSettings } from './vault-settings.ts';

/** A message of the queue `surveys`: a survey is to begin at this moment or later. One that began since has done it. */
export const surveyMessage = z.object({ askedAt: moment });
export type SurveyMessage = z.infer<typeof surveyMessage>;

/** A message of the queue `surveys`: what the surveyor is to read, everything, some sets, or who reaches some vaults and sets. */
export const surveyorMessage = z.union([accessMessage, setsMessage, surveyMessage]);
export type SurveyorMessage = z.infer<typeof surveyorMessage>;

/** What the survey found of one key, for sweeps and for the parser of audit events. */
const surveyedKey = z.object({
  /** The versions that its users may need, besides the current one. */
  versions: z.array(z.string()),
  /** Set where a user names no version: which one it has is not shown. */
  anyVersion: z.literal(true).optional(),
  /** Who calls for its users: object ids of identities, and ids of applications of other tenants, in lower case. */
  callers: z.array(z.string()),
  /** Set where a user of the key calls under an identity that nobody can name in advance: then any caller may be it. */
  anyCaller: z.literal(true).optional(),
});
export type SurveyedKey = z.infer<typeof surveyedKey>;

/** A vault as the last surveys found it: a row of the table `vaults`. */
export const surveyedVault = z.object({
  /** Its resource id, in lower case; absent where only the address of a key names the vault. */
  id: z.string().optional(),
  /** Since when the survey finds one of its keys in use; absent where it never did. */
  usedSince: moment.optional(),
  /** Since when surveys do not find it any more. */
  missingSince: moment.optional(),
  /** As the last read of it showed them; absent where it was never found. */
  settings: vaultSettings.optional(),
  /** Its keys that something needs, by name. A key that is not here is not known to be used. */
  keys: z.record(z.string(), surveyedKey),
  /** What could not be read, in sentences, so that more may hang on its keys. */
  unknown: z.array(z.string()),
});
export type SurveyedVault = z.infer<typeof surveyedVault>;

/** How the surveys went: one row of the table `vaults`. */
export const surveyState = z.object({
  /** When the first survey was planned. */
  addedAt: moment,
  /** When the survey that began last began. */
  startedAt: moment.optional(),
  /** Until when it is taken to be running; absent once it has ended. */
  runningUntil: moment.optional(),
  /** When the last good survey began. */
  lastGoodAt: moment.optional(),
  /** Since when surveys fail, and why. */
  failing: z.object({ since: moment, because: z.string() }).optional(),
  /** The subscriptions, by id in lower case: when each was last read, and why it cannot be read now. */
  subscriptions: z
    .record(z.string(), z.object({ readAt: moment.optional(), unread: z.string().optional() }))
    .default({}),
});
export type SurveyState = z.infer<typeof surveyState>;

/** What the surveys know of every vault. */
export interface Surveyed {
  /** When the last good survey began; `undefined` where there was none. */
  readonly at: Date | undefined;
  /** By name, in lower case. */
  readonly vaults: ReadonlyMap<string, SurveyedVault>;
}

/** Two surveys were missed where the last good one began so long ago, in ms. */
export const MISSED_MS = 2 * HOUR_MS + 15 * MINUTE_MS;

/** Where no survey has succeeded yet. */
export const NOT_SURVEYED: Surveyed = { at: undefined, vaults: new Map() };

/** The subscription of a resource id, in lower case; `undefined` where the id names none. */
export const subscriptionIn = (id: string): string | undefined =>
  /^\/subscriptions\/([^/]+)/i.exec(id)?.[1]?.toLowerCase();

/** A vault that a survey has read: what is not known of its keys is known to be nothing. */
export const surveyedVaultOf = ({ vaults }: Surveyed, vault: string): SurveyedVault | undefined => {
  const found = vaults.get(vault.toLowerCase());
  return found?.id === undefined ? undefined : found;
};

/** A vault of which everything that uses its keys is known; `undefined` where a part of it was not read, or two surveys were missed. */
export function wholeVaultOf(surveyed: Surveyed, vault: string, now: Date): SurveyedVault | undefined {
  const found = surveyedVaultOf(surveyed, vault);
  const isOld = surveyed.at === undefined || agoMs(surveyed.at, now) >= MISSED_MS;
  return isOld || found === undefined || found.unknown.length > 0 ? undefined : found;
}

/**
 * The versions of a key that a known user may need; `undefined` where nobody knows: no survey has read its vault, or a part of
 * what could use it was not read, or a user names no version and may lag behind the newest, or two surveys were missed.
 */
export function pinnedVersions(
  surveyed: Surveyed,
  { vault, key }: { readonly vault: string; readonly key: string },
  now: Date,
): readonly string[] | undefined {
  const found = wholeVaultOf(surveyed, vault, now);
  if (found === undefined) return undefined;
  const { versions = [], anyVersion } = found.keys[key.toLowerCase()] ?? {};
  return anyVersion === undefined ? versions : undefined;
}

/** Whether an older version is swept each minute: where a known user may need it, and where nobody knows. */
export const isWatched = (version: string, pinned: readonly string[] | undefined): boolean =>
  pinned === undefined || pinned.includes(version.toLowerCase());

/** Who is known to use a key, and whether anybody else may be a user too. */
export function knownCallers(
  { vaults }: Surveyed,
  vault: string,
  key: string,
): Pick<SurveyedKey, 'callers' | 'anyCaller'> {
  const { callers = [], anyCaller } = vaults.get(vault.toLowerCase())?.keys[key.toLowerCase()] ?? {};
  return anyCaller === undefined ? { callers } : { callers, anyCaller };
}
