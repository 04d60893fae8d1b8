import { z } from 'zod';
import { DAY_MS, moment } from './time.ts';

/** What a person wrote in place of something else, short enough for a sentence. */
function shown(input: unknown): string {
  const most = 40;
  if (typeof input === 'string') return JSON.stringify(input.length > most ? `${input.slice(0, most)}…` : input);
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' && input !== null ? 'an object' : String(input);
}

/** What is said of a member that is not what it has to be: its name goes before it. */
const must = (be: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    input === undefined ? 'is missing' : `must be ${be}, not ${shown(input)}`,
});

/** An object without members that nobody knows: they are slips of the pen, and a guard that is misspelt guards nothing. */
const only = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code, input, ...issue }) =>
      code === 'unrecognized_keys' && 'keys' in issue && Array.isArray(issue.keys)
        ? `has no member ${issue.keys.join(', ')}: its members are ${Object.keys(shape).join(', ')}`
        : `must be an object, not ${shown(input)}`,
  });

const objectIds = z.array(z.string(must('an object id in quotes')), must('a list of object ids'));

/** The longest name of a key. @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftkeyvault */
const LONGEST_KEY = 127;

const pattern = z
  .string(must('a name or pattern in quotes'))
  .regex(/^[0-9a-zA-Z*-]+$/, 'must hold letters, digits, hyphens and * only')
  .refine((text) => text.replaceAll('*', '').length <= LONGEST_KEY, {
    error: `must have at most ${LONGEST_KEY} characters besides *: no key has a longer name`,
  })
  .describe('Name of a key, without case; `*` stands for any run of characters.');

/** `alert` tells; `block` undoes and tells. */
export const modes = ['alert', 'block'] as const;
export type Mode = (typeof modes)[number];

const mode = z.enum(modes, must('"alert" or "block"'));

/** An expiry moved nearer than this many days from now is undone, where a policy says nothing else. */
const DEFAULT_NOTIFY_BEFORE_EXPIRY_DAYS = 30;
const DEFAULT_OLDER_VERSIONS = 'each-minute';
const days = must('a whole number of days from 1 to 3650');

const keyRule = only({
  pattern,
  guard: z.boolean(must('true or false')).default(true).describe('False leaves the key out: it is not watched at all.'),
  mode: mode.optional().describe("What is done for these keys; the vault's mode where left out."),
  notifyBeforeExpiryDays: z
    .number(days)
    .int(days)
    .min(1, days)
    .max(3650, days)
    .default(DEFAULT_NOTIFY_BEFORE_EXPIRY_DAYS)
    .describe('An expiry moved nearer than this many days from now is undone.'),
  olderVersions: z
    .enum(['each-minute', 'hourly'], must('"each-minute" or "hourly"'))
    .default(DEFAULT_OLDER_VERSIONS)
    .describe('How often versions other than the current one are swept.'),
  knownUsers: objectIds
    .optional()
    .describe('Object ids whose use of the key (unwrap, decrypt, release) is expected. Added to those of the vault.'),
}).describe('Keys of a vault by pattern. The first pattern that fits counts.');

/** What the policy says of one vault. */
export const guardedVault = only({
  name: z
    .string(must('a name in quotes'))
    .regex(
      /^(?!.*--)[a-zA-Z][0-9a-zA-Z-]{1,22}[0-9a-zA-Z]$/,
      'is not the name of a key vault: 3 to 24 letters, digits and single hyphens, a letter first and no hyphen last',
    )
    .describe('Name of the vault.'),
  mode: mode
    .default('alert')
    .describe('What is done for the keys of this vault: alert (tell) or block (undo and tell).'),
  keys: z
    .array(keyRule, must('a list of key patterns'))
    .default([])
    .describe('Exceptions by key. Every key that no pattern fits is guarded in the mode of the vault.'),
  knownUsers: objectIds.default([]).describe('Object ids whose use of any key of this vault is expected.'),
}).describe('A vault to guard.');

/** The policy file, as only who may change the code may change it: its form. `policyFaults` says what else is wrong with one. */
export const policy = only({
  $schema: z.string(must('an address in quotes')).optional().describe('Where an editor finds the schema of this file.'),
  vaults: z
    .array(guardedVault, must('a list of vaults'))
    .min(1, 'must name at least one vault to guard')
    .describe('The vaults to guard.'),
  channels: z
    .array(z.string(must('the id of a channel in quotes')), must('a list of channels'))
    .min(1, 'must name at least one channel: without one nobody is alerted')
    .default(['console'])
    .describe('Alert channels by id, in the order in which they are used.'),
});
export type Policy = z.infer<typeof policy>;

/** What the policy says of one key. */
export interface KeyPolicy {
  readonly guarded: boolean;
  readonly mode: Mode;
  readonly notifyBeforeExpiryDays: number;
  readonly olderVersions: 'each-minute' | 'hourly';
  readonly knownUsers: readonly string[];
}

/** What stands between the stars is sought from left to right, each once: a regular expression would try every way to share a name among them. */
function fits(wanted: string, name: string): boolean {
  const text = name.toLowerCase();
  const [first = '', ...between] = wanted.toLowerCase().split('*');
  const last = between.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of between) {
    const at = text.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return text.length - from >= last.length && text.endsWith(last);
}

/** No pattern holds it. */
const ANY_RUN = '#';

/**
 * Whether each key that the later pattern fits is one that the earlier fits. A yes is always right. A no is right as well
 * but where the earlier one uses every character that a name can have, or the later one fits the longest names only.
 */
export const covers = (earlier: string, later: string): boolean => fits(earlier, later.replaceAll('*', ANY_RUN));

/** What holds for a key. A vault that the policy does not name has no guarded keys. */
export function keyPolicy(all: Policy, vault: string, key: string): KeyPolicy {
  const named = all.vaults.find((candidate) => candidate.name.toLowerCase() === vault.toLowerCase());
  const rule = named?.keys.find((candidate) => fits(candidate.pattern, key));
  return {
    guarded: named !== undefined && (rule?.guard ?? true),
    mode: rule?.mode ?? named?.mode ?? 'alert',
    notifyBeforeExpiryDays: rule?.notifyBeforeExpiryDays ?? DEFAULT_NOTIFY_BEFORE_EXPIRY_DAYS,
    olderVersions: rule?.olderVersions ?? DEFAULT_OLDER_VERSIONS,
    knownUsers: [...(named?.knownUsers ?? []), ...(rule?.knownUsers ?? [])],
  };
}

/** Names of the guarded vaults, in lower case. */
export const guardedVaults = (all: Policy): readonly string[] => all.vaults.map((vault) => vault.name.toLowerCase());

/** Names of the vaults in which the keeper needs rights: those with a key in `block`. */
export const vaultsInBlock = (all: Policy): readonly string[] =>
  all.vaults
    .filter((vault) => vault.mode === 'block' || vault.keys.some((rule) => rule.guard && rule.mode === 'block'))
    .map((vault) => vault.name.toLowerCase());

/** What the policy said of one vault, from when on. As it was stored: another version may have said it in other words. */
export const pastPolicy = z.object({ from: moment, vault: z.json() });
export type PastPolicy = z.infer<typeof pastPolicy>;

/** Leaving `block` for less than this is not leaving it, in ms. */
const LEFT_AFTER_MS = DAY_MS;

/**
 * Since when a key is in `block`; `undefined` where it is not. Going back within 24 hours of leaving is no beginning.
 *
 * @param history what the policy said of its vault, oldest first
 */
export function blockSince(history: readonly PastPolicy[], vault: string, key: string): Date | undefined {
  let since: Date | undefined;
  for (const [place, { from, vault: said }] of [...history.entries()].toReversed()) {
    if (isInBlock(said, vault, key)) {
      const leftAt = history[place + 1]?.from ?? from;
      if (since !== undefined && since.getTime() - leftAt.getTime() >= LEFT_AFTER_MS) return since;
      since = from;
    } else if (since === undefined) return undefined;
  }
  return since;
}

/** What cannot be read is taken for no `block`: then what was lost is a person's to restore. */
function isInBlock(said: unknown, vault: string, key: string): boolean {
  const parsed = guardedVault.safeParse(said);
  if (!parsed.success) return false;
  const { guarded, mode: was } = keyPolicy({ vaults: [parsed.data], channels: [] }, vault, key);
  return guarded && was === 'block';
}

/** What a policy says of one vault; `undefined` where it does not name it. */
export const policyOf = (all: Policy, vault: string): z.infer<typeof guardedVault> | undefined =>
  all.vaults.find(({ name }) => name.toLowerCase() === vault.toLowerCase());
