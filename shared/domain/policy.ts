import * as z from 'zod';
import { digest } from './digest.ts';
import { type Audience, audiences, type Severity, severities } from './incident.ts';
import { leastDays } from './period.ts';
import type { Subject } from './subject.ts';
import { type Surveyed, subscriptionIn } from './survey.ts';
import { DAY_MS, moment } from './time.ts';

/** A value of the policy file as a fault names it, short enough for a sentence. */
function shown(input: unknown): string {
  const most = 40;
  if (typeof input === 'string') return JSON.stringify(input.length > most ? `${input.slice(0, most)}…` : input);
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' && input !== null ? 'an object' : String(input);
}

/** The fault of a member that is missing or has the wrong type, without the member's name. */
const must = (be: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    input === undefined ? 'is missing' : `must be ${be}, not ${shown(input)}`,
});

/** An object that refuses unknown members: a misspelt one would otherwise guard nothing without a word. */
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
  .describe('Name of a key, in any case; `*` stands for any number of characters.');

/** `alert` alerts people; `block` undoes the change and alerts people. */
export const modes = ['alert', 'block'] as const;
export type Mode = (typeof modes)[number];

const mode = z.enum(modes, must('"alert" or "block"'));

/** Days of `notifyBeforeExpiryDays` where the policy does not set them. */
const DEFAULT_NOTIFY_BEFORE_EXPIRY_DAYS = 30;
const days = must('a whole number of days from 1 to 3650');

/** The fewest days that Azure takes between two rotations, and between a rotation and the expiry. @see https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation */
const LEAST_DAYS = 7;
const period = z
  .string(must('a period in quotes, as "P90D"'))
  // In capitals, as Azure's pages write it.
  .refine(
    (text) => leastDays(text) >= LEAST_DAYS && text === text.toUpperCase(),
    `must be a period of at least ${LEAST_DAYS} days, as "P90D"`,
  );

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const hour = must('a whole hour from 0 to 24');
const hourOfDay = z.number(hour).int(hour).min(0, hour).max(24, hour);
const firstHour = must('a whole hour from 0 to 23');

const rotation = only({
  every: period.describe('How old the newest version may get, as `P90D`, `P3M` or `P1Y`; at least 7 days.'),
  notifyBefore: period.describe(
    'How long before its expiry a version counts as near expiry; at least 7 days. Together with `every` at least 28 days.',
  ),
  window: only({
    days: z
      .array(z.enum(weekdays, must('a day of the week, as "monday"')), must('a list of days of the week'))
      .min(1, 'must name at least one day of the week: without one the window never opens')
      .default([...weekdays])
      .describe('The days of the week on which it begins.'),
    from: z
      .number(firstHour)
      .int(firstHour)
      .min(0, firstHour)
      .max(23, firstHour)
      .default(0)
      .describe('The first hour of each day.'),
    until: hourOfDay
      .default(24)
      .describe('The hour at which it ends: of the same day where it is later than `from`, otherwise of the next.'),
  })
    .refine(({ from, until }) => from !== until, 'never opens: from and until are the same hour')
    .optional()
    .describe('When the guardian may rotate, in UTC; at any time if left out.'),
  sets: z
    .enum(['alert', 'update'], must('"alert" or "update"'))
    .optional()
    .describe(
      'What is done about a disk encryption set that takes no new version by itself: alert (alert people) or update (in block, point it at the new version once, and alert people where that fails); alert if left out.',
    ),
}).describe(
  'How often keys are rotated. A key named without `*` also gets an expiry by its rotation policy; no other key that has none does.',
);

/** The schedule by which a key is rotated. */
export interface RotationSchedule extends z.infer<typeof rotation> {
  /** Whether new versions get an expiry also where the key has none: only where the policy names that very key. */
  readonly setsExpiry: boolean;
}

/** Whether a schedule lets the guardian rotate at a moment. A window over midnight belongs to the day on which it begins. */
export function isInWindow({ window }: RotationSchedule, now: Date): boolean {
  if (window === undefined) return true;
  const { days, from, until } = window;
  const beganOn = (daysAgo: number): boolean =>
    days.some((day) => day === weekdays[(now.getUTCDay() + 7 - daysAgo) % 7]);
  const at = now.getUTCHours();
  if (from < until) return beganOn(0) && at >= from && at < until;
  return (at >= from && beganOn(0)) || (at < until && beganOn(1));
}

const keyRule = only({
  pattern,
  guard: z
    .boolean(must('true or false'))
    .default(true)
    .describe('False leaves the key out: the guardian does not watch it.'),
  mode: mode.optional().describe("What is done for these keys, as for a vault; the vault's mode if left out."),
  notifyBeforeExpiryDays: z
    .number(days)
    .int(days)
    .min(1, days)
    .max(3650, days)
    .default(DEFAULT_NOTIFY_BEFORE_EXPIRY_DAYS)
    .describe('In block, an expiry that is moved to fewer than this many days from now is undone.'),
  knownUsers: objectIds.optional().describe('Object ids of the known users of these keys, besides those of the vault.'),
  rotation: rotation.optional().describe("How often these keys are rotated; the vault's schedule if left out."),
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
    .describe(
      'What is done about a change to a key of this vault: alert (alert people) or block (undo it and alert people).',
    ),
  keys: z
    .array(keyRule, must('a list of key patterns'))
    .default([])
    .describe('Exceptions by key. A key that fits no pattern is guarded in the mode of the vault.'),
  knownUsers: objectIds
    .default([])
    .describe(
      'Object ids of the known users of every key of this vault, besides those that the survey finds: unwrap, decrypt or release by anybody else is alerted.',
    ),
  rotation: rotation.optional().describe('How often the keys of this vault are rotated; by no schedule if left out.'),
  approvers: objectIds
    .default([])
    .describe(
      'Object ids of the people, or of groups of people, who may grant approvals for this vault and accept its baseline.',
    ),
}).describe('A vault to guard.');

const subscriptionId = z
  .string(must('the id of a subscription in quotes'))
  .regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'is not the id of a subscription')
  .toLowerCase();

const route = only({
  channel: z.string(must('the id of a channel in quotes')).describe('Id of the channel that gets these alerts.'),
  audience: z
    .enum(audiences, must('"on-call" or "operators"'))
    .optional()
    .describe('Alerts for whom: on-call (a key is in danger) or operators (the guardian is unwell); both if left out.'),
  severity: z
    .enum(severities, must(`one of ${severities.join(', ')}`))
    .optional()
    .describe('Alerts at least as severe: info, warning, error or critical; all if left out.'),
  vaults: z
    .array(pattern, must('a list of vault names or patterns'))
    .min(1, 'must name at least one vault: leave it out for all')
    .optional()
    .describe('Alerts of these vaults, by name or pattern, and those that are of no vault; all if left out.'),
  keys: z
    .array(pattern, must('a list of key names or patterns'))
    .min(1, 'must name at least one key: leave it out for all')
    .optional()
    .describe('Alerts of these keys, by name or pattern, and those that are of no key; all if left out.'),
}).describe(
  'Alerts that a channel gets. One that is in no route gets all, one that is in several what fits any of them.',
);

const perHour = must('a whole number from 1 to 1000');

/** The form of the policy file. `policyFaults` finds what else can be wrong with one. */
export const policy = only({
  $schema: z
    .string(must('an address in quotes'))
    .optional()
    .describe('Address or path of the schema by which an editor checks this file.'),
  vaults: z
    .array(guardedVault, must('a list of vaults'))
    .min(1, 'must name at least one vault to guard')
    .describe('The vaults to guard.'),
  subscriptions: z
    .array(subscriptionId, must('a list of ids of subscriptions'))
    .default([])
    .describe(
      'Ids of subscriptions: each vault there whose keys a disk encryption set or another known user needs is guarded in alert, unless `vaults` names it.',
    ),
  channels: z
    .array(z.string(must('the id of a channel in quotes')), must('a list of channels'))
    .min(1, 'must name at least one channel: without one nobody is alerted')
    .default(['console'])
    .describe('Ids of the alert channels, in the order in which they are used.'),
  routes: z
    .array(route, must('a list of routes'))
    .optional()
    .describe(
      'Which alerts go to which channel; all go to all if left out. What no channel would get goes to all, and a critical alert for on-call to at least two.',
    ),
  rotationsPerHour: z
    .number(perHour)
    .int(perHour)
    .min(1, perHour)
    .max(1000, perHour)
    .optional()
    .describe('How many keys of one subscription the guardian rotates within an hour at most; 10 if left out.'),
  customerManagedKeys: z
    .boolean(must('true or false'))
    .optional()
    .describe('True: `key-guardian plan` reports each disk that is under no customer-managed key.'),
});
export type Policy = z.infer<typeof policy>;

const storedRotation = { rotation: rotation.strip().optional() };
const storedVault = guardedVault
  .extend({ ...storedRotation, keys: z.array(keyRule.extend(storedRotation).strip()).default([]) })
  .strip();

/** A policy as it was stored: members that only another version of the app knows are left out, at every depth. */
export const storedPolicy = policy.extend({ vaults: z.array(storedVault) }).strip();

/** What the policy says of one key. */
export interface KeyPolicy {
  readonly guarded: boolean;
  readonly mode: Mode;
  readonly notifyBeforeExpiryDays: number;
  readonly knownUsers: readonly string[];
  /** Left out where the key is rotated by no schedule. */
  readonly rotation?: RotationSchedule;
}

/** What decides to which channels an alert goes. */
export interface Routed {
  readonly audience: Audience;
  readonly severity: Severity;
  readonly subject: Subject;
}

/** Whether the policy's routes let a channel have an alert. */
export function isRoutedTo(channel: string, { audience, severity, subject }: Routed, { routes = [] }: Policy): boolean {
  const own = routes.filter((one) => one.channel === channel);
  const vault = 'vault' in subject ? subject.vault : undefined;
  const key = 'key' in subject ? subject.key : undefined;
  const isOf = (wanted: readonly string[] | undefined, name: string | undefined): boolean =>
    wanted === undefined || name === undefined || wanted.some((one) => fits(one, name));
  return (
    own.length === 0 ||
    own.some(
      (one) =>
        (one.audience ?? audience) === audience &&
        severities.indexOf(severity) >= severities.indexOf(one.severity ?? 'info') &&
        isOf(one.vaults, vault) &&
        isOf(one.keys, key),
    )
  );
}

/** Whether a name fits a pattern, in which `*` stands for any characters; without case. The parts between the stars are searched for from left to right: a regular expression could take exponential time. */
export function fits(wanted: string, name: string): boolean {
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

/** Stands for the star of a later pattern: a character that no pattern may contain. */
const ANY_RUN = '#';

/**
 * Whether the earlier pattern fits every key that the later one fits. True is always right; false may be wrong where the
 * earlier pattern uses every character that a name can have, or the later one fits only the longest names.
 */
export const covers = (earlier: string, later: string): boolean => fits(earlier, later.replaceAll('*', ANY_RUN));

/** What a policy says of one vault; `undefined` where it does not name it. */
export const policyOf = (all: Policy, vault: string): z.infer<typeof guardedVault> | undefined =>
  all.vaults.find(({ name }) => name.toLowerCase() === vault.toLowerCase());

/** The policy of one key: that of the first pattern it fits, else of its vault. A vault that the policy does not name has no guarded keys. */
export function keyPolicy(all: Policy, vault: string, key: string): KeyPolicy {
  const named = policyOf(all, vault);
  const rule = named?.keys.find((candidate) => fits(candidate.pattern, key));
  const schedule = rule?.rotation ?? named?.rotation;
  return {
    guarded: named !== undefined && (rule?.guard ?? true),
    mode: rule?.mode ?? named?.mode ?? 'alert',
    notifyBeforeExpiryDays: rule?.notifyBeforeExpiryDays ?? DEFAULT_NOTIFY_BEFORE_EXPIRY_DAYS,
    knownUsers: [...(named?.knownUsers ?? []), ...(rule?.knownUsers ?? [])],
    ...(schedule === undefined
      ? {}
      : { rotation: { ...schedule, setsExpiry: rule?.rotation !== undefined && !rule.pattern.includes('*') } }),
  };
}

/** The policy with the vaults that the survey found in its subscriptions, each in `alert`. What the file says of a vault wins. */
export function effectivePolicy(file: Policy, { vaults }: Surveyed): Policy {
  const subscriptions = new Set(file.subscriptions);
  const found = [...vaults].filter(
    ([name, { id = '', usedSince }]) =>
      usedSince !== undefined && subscriptions.has(subscriptionIn(id) ?? '') && policyOf(file, name) === undefined,
  );
  if (found.length === 0) return file;
  return { ...file, vaults: [...file.vaults, ...found.map(([name]) => guardedVault.parse({ name }))] };
}

/** Names of the guarded vaults, in lower case. */
export const guardedVaults = (all: Policy): readonly string[] => all.vaults.map((vault) => vault.name.toLowerCase());

/** Names of the vaults that may have keys in `block`: only there the keeper needs rights. */
export const vaultsInBlock = (all: Policy): readonly string[] =>
  all.vaults
    .filter((vault) => vault.mode === 'block' || vault.keys.some((rule) => rule.guard && rule.mode === 'block'))
    .map((vault) => vault.name.toLowerCase());

/** Names of the vaults that may have keys in `block` with a schedule of which something holds. */
const vaultsScheduled = (all: Policy, holds: (schedule: z.infer<typeof rotation>) => boolean): readonly string[] =>
  vaultsInBlock({
    ...all,
    vaults: all.vaults.filter((vault) =>
      [vault, ...vault.keys].some((each) => each.rotation !== undefined && holds(each.rotation)),
    ),
  });

/** Names of the vaults that may have keys that the guardian rotates: only there the keeper needs the rights for it. */
export const vaultsRotated = (all: Policy): readonly string[] => vaultsScheduled(all, () => true);

/** Whether the guardian may point disk encryption sets at a new version: only then the keeper needs the right for it. */
export const updatesSets = (all: Policy): boolean => vaultsScheduled(all, ({ sets }) => sets === 'update').length > 0;

/** The policy of one vault from a moment on. It is kept as it was stored: another version of the app may have written another form. */
export const pastPolicy = z.object({ from: moment, vault: z.json() });
export type PastPolicy = z.infer<typeof pastPolicy>;

/** A key that is out of `block` for less than this counts as having stayed in it, in ms. */
const LEFT_AFTER_MS = DAY_MS;

/**
 * Since when a key is in `block`; `undefined` where it is not. Less than 24 hours out of `block` do not count.
 *
 * @param history the policies of its vault, oldest first
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

/** Whether a past policy had the key in `block`. False where it cannot be read: then a person has to restore what was lost before. */
function isInBlock(said: unknown, vault: string, key: string): boolean {
  const parsed = storedVault.safeParse(said);
  if (!parsed.success) return false;
  const { guarded, mode: was } = keyPolicy({ vaults: [parsed.data], subscriptions: [], channels: [] }, vault, key);
  return guarded && was === 'block';
}

/** The hash by which `status` and the trail name a policy: the first 12 hex digits of the SHA-256 over its JSON. */
export const policyHash = (policy: Policy): string => digest(JSON.stringify(policy), 12);
