import { z } from 'zod';
import type { RotationPolicy } from '../types.ts';
import type { Answer } from './answer.ts';
import { parseBody } from './attributes.ts';
import { keyId } from './bundles.ts';
import { type Call, secondsOf } from './call.ts';
import { invalidProperty, keyNotFound } from './errors.ts';
import { type Key, sightOf, type Vault } from './store.ts';

const PERIOD = /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?$/;
const DAY_SECONDS = 86_400;

/** The moment a period of years, months and days after another, by the calendar in UTC; both in whole Unix seconds. Throws for what is no such period. */
export const afterPeriod = (seconds: number, period: string): number => moved(seconds, period, 1);

/** The same before it. */
export const beforePeriod = (seconds: number, period: string): number => moved(seconds, period, -1);

function moved(seconds: number, period: string, sign: 1 | -1): number {
  const parts = PERIOD.exec(period);
  if (parts === null) throw new Error(`${period} is no period of years, months and days.`);
  const [years = 0, months = 0, days = 0] = parts.slice(1).map((part) => sign * Number(part ?? 0));
  const date = new Date(seconds * 1000);
  date.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days);
  return date.getTime() / 1000;
}

const daysIn = (period: string): number => afterPeriod(0, period) / DAY_SECONDS;

/** At least so many days. @see https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation */
const period = (leastDays: number) =>
  z
    .string()
    .regex(PERIOD)
    .refine((text) => PERIOD.test(text) && daysIn(text) >= leastDays);

/** Clients send null for the one of the two that is not meant; it does not come back. */
const trigger = z.union([
  z
    .object({ timeAfterCreate: period(7), timeBeforeExpiry: z.null().optional() })
    .transform(({ timeAfterCreate }) => ({ timeAfterCreate, timeBeforeExpiry: undefined })),
  z
    .object({ timeBeforeExpiry: period(7), timeAfterCreate: z.null().optional() })
    .transform(({ timeBeforeExpiry }) => ({ timeBeforeExpiry, timeAfterCreate: undefined })),
]);

/** Types are compared without case and come back capitalised (`sequences/key-vault/rotation-policy-set-and-read.json`). */
const lifetimeAction = z.object({
  trigger,
  action: z.object({
    type: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['rotate', 'notify']))
      .transform((type) => (type === 'rotate' ? 'Rotate' : 'Notify')),
  }),
});

const policySchema = z.object({
  lifetimeActions: z
    .array(lifetimeAction)
    .refine((actions) => new Set(actions.map(({ action }) => action.type)).size === actions.length)
    .nullish(),
  attributes: z.object({ expiryTime: period(28).nullish() }).nullish(),
});

const DEFAULT_ACTIONS: RotationPolicy['lifetimeActions'] = [
  { trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } },
];

/** `GET …/rotationpolicy`: of a key that nobody set one for the default, without id and attributes (`recordings/key-vault/rotation-policy.json`). */
export function getRotationPolicy(call: Call): Answer {
  const sight = sightOf(call.vault, call.name, call.nowMs);
  if (sight.kind !== 'present') return keyNotFound(call.name);
  const policy = rotationPolicyOf(call.vault, call.name);
  const body =
    policy === undefined
      ? { lifetimeActions: DEFAULT_ACTIONS, attributes: null }
      : bodyOf(call.vault, sight.key, policy);
  return { status: 200, body, version: sight.current };
}

/**
 * `PUT …/rotationpolicy`. The policy is the name's: an earlier key's lives on, and one that is set as it is keeps its
 * `updated` (`sequences/key-vault/rotation-policy-of-an-earlier-key.json`). Without actions it gains the default.
 * @see https://learn.microsoft.com/rest/api/keyvault/keys/update-key-rotation-policy/update-key-rotation-policy
 */
export function putRotationPolicy(call: Call): Answer {
  const { vault, name, nowMs } = call;
  const sight = sightOf(vault, name, nowMs);
  if (sight.kind !== 'present') return keyNotFound(name);
  const parsed = parseBody(policySchema, call.body);
  if (parsed.kind === 'refused') return { ...parsed.answer, version: sight.current };
  const { lifetimeActions, attributes } = parsed.value;
  const expiryTime = attributes?.expiryTime ?? undefined;
  const actions = lifetimeActions == null || lifetimeActions.length === 0 ? DEFAULT_ACTIONS : lifetimeActions;
  const rotate = actions.find(({ action }) => action.type === 'Rotate')?.trigger.timeAfterCreate;
  if (rotate !== undefined && expiryTime !== undefined && daysIn(rotate) > daysIn(expiryTime) - 7)
    return { ...invalidProperty('timeAfterCreate'), version: sight.current };
  const before = rotationPolicyOf(vault, name);
  const now = secondsOf(call);
  const made = { lifetimeActions: actions, expiryTime, created: before?.created ?? now, updated: now };
  const isSame = before !== undefined && contentOf(before) === contentOf(made);
  const policy = isSame ? before : made;
  vault.rotationPolicies.set(name.toLowerCase(), policy);
  const body = bodyOf(vault, sight.key, policy);
  return { status: 200, body, version: sight.current, ...(isSame ? {} : { changed: true }) };
}

/** The policy of a name, whether a key has it now or not. */
export function rotationPolicyOf(vault: Vault, name: string): RotationPolicy | undefined {
  return vault.rotationPolicies.get(name.toLowerCase());
}

/** When a version made then expires by the policy of its name; undefined where that sets no expiry. */
export function expiryByPolicy(vault: Vault, name: string, created: number): number | undefined {
  const expiryTime = rotationPolicyOf(vault, name)?.expiryTime;
  return expiryTime === undefined ? undefined : afterPeriod(created, expiryTime);
}

const contentOf = ({ lifetimeActions, expiryTime }: RotationPolicy): string =>
  JSON.stringify([lifetimeActions, expiryTime]);

function bodyOf(vault: Vault, key: Key, { lifetimeActions, expiryTime, created, updated }: RotationPolicy): unknown {
  return {
    id: `${keyId(vault, key)}/rotationpolicy`,
    lifetimeActions,
    attributes: { ...(expiryTime === undefined ? {} : { expiryTime }), created, updated },
  };
}
