import { InvalidArgumentError } from '@commander-js/extra-typings';
import { z } from 'zod';

/** The vault, key or version that a command is for, in lower case. */
export interface Target {
  readonly vault: string;
  readonly key: string | undefined;
  readonly version: string | undefined;
}

/** `vault`, `vault/key` or `vault/key/version`. */
export function parseTarget(text: string): Target {
  const [vault, key, version, ...rest] = text.toLowerCase().split('/');
  if (vault === undefined || vault === '' || key === '' || version === '' || rest.length > 0) {
    throw new InvalidArgumentError('Write it as vault, vault/key or vault/key/version.');
  }
  return { vault, key, version };
}

/** `vault` or `vault/key`: the command is for all versions. */
export function parseVaultOrKey(text: string): Target {
  const { version, ...target } = parseTarget(text);
  if (version !== undefined)
    throw new InvalidArgumentError(`Name no version, only its key: ${target.vault}/${target.key}.`);
  return { ...target, version };
}

/** The id of an approval or a hold. */
export function parseId(text: string): string {
  if (!/^[\w-]{1,100}$/.test(text)) throw new InvalidArgumentError('An id has letters, digits and hyphens only.');
  return text;
}

/** A vault alone, in lower case. */
export function parseVault(text: string): string {
  const { vault, key } = parseTarget(text);
  if (key !== undefined) throw new InvalidArgumentError(`Name the vault alone: ${vault}.`);
  return vault;
}

/** The id of a subscription, in lower case, added to those that were named before it. */
export function parseSubscription(text: string, named: readonly string[]): readonly string[] {
  if (!GUID.test(text))
    throw new InvalidArgumentError('Give the id of a subscription: "az account list --output table" shows yours.');
  return [...new Set([...named, text.toLowerCase()])];
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The workspace id (customer id) of a Log Analytics workspace, in lower case. */
export function parseWorkspace(text: string): string {
  if (!GUID.test(text))
    throw new InvalidArgumentError(
      'Give the workspace id: "az monitor log-analytics workspace list --query [].customerId" shows yours.',
    );
  return text.toLowerCase();
}

/** The most hours that a command takes: 30 days. */
const MOST_HOURS = 720;

/** Hours as a number above 0, at most 720. */
export function parseHours(text: string): number {
  const hours = Number(text);
  if (!(hours > 0 && hours <= MOST_HOURS))
    throw new InvalidArgumentError(`Give hours as a number above 0, at most ${MOST_HOURS}.`);
  return hours;
}

const isoMoment = z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })]);

/** A moment in ISO 8601 with its time zone: without one it would mean another moment on another machine. */
export function parseMoment(text: string): Date {
  const { success } = isoMoment.safeParse(text);
  if (!success)
    throw new InvalidArgumentError('Write the moment in ISO 8601 with its time zone, as 2026-03-01T12:00:00Z.');
  return new Date(text);
}

/** Characters of a reason at most: people read it in an alert. */
const MOST_CHARACTERS_OF_WHY = 1_000;

/** A reason in words, of 1 to 1000 characters. */
export function parseWhy(text: string): string {
  const why = text.trim();
  if (why === '') throw new InvalidArgumentError('Say why, in words.');
  if (why.length > MOST_CHARACTERS_OF_WHY)
    throw new InvalidArgumentError(
      `Say why in at most ${MOST_CHARACTERS_OF_WHY} characters: these are ${why.length}. Name a ticket for the rest.`,
    );
  return why;
}
