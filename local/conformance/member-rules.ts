import { z } from 'zod';
import type { Difference } from './compare.ts';
import type { Asked } from './error-texts.ts';
import { isSince } from './operations.ts';

/**
 * What is wrong with the members of a successful answer that no schema tells, for it knows neither the request nor one
 * member by another. `changes` tells what came with an api-version, as `operations.json` does.
 */
export function memberComplaints(
  body: unknown,
  asked: Asked,
  changes: Readonly<Record<string, string>>,
): readonly Difference[] {
  const members = membersOf(body);
  return [
    ...identifierComplaints(members, asked),
    ...purgeComplaints(body),
    ...members
      .filter(([name]) => name === 'attributes')
      .flatMap(([, value]) => attributeComplaints(value, asked.apiVersion, changes)),
  ];
}

type Member = readonly [name: string, value: unknown];

/** Every member of a JSON value, however deep. */
function membersOf(value: unknown): readonly Member[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[name, member] as const, ...membersOf(member)]);
}

/** Identifiers name the vault that was asked, never with a port by whatever port the request came, and the key and version that were. */
function identifierComplaints(members: readonly Member[], asked: Asked): readonly Difference[] {
  return members
    .filter(([name]) => name === 'kid' || name === 'recoveryId')
    .flatMap(([member, value]) => {
      const origin = `https://${asked.hostname}/`;
      if (!String(value).startsWith(origin)) return [`body: ${member} ${String(value)} is not of ${origin}`];
      const [, name, version] = String(value).slice(origin.length).split('/');
      if (asked.name !== undefined && name?.toLowerCase() !== asked.name.toLowerCase())
        return [`body: ${member} ${String(value)} is not of the key ${asked.name}`];
      if (member === 'kid' && asked.version !== undefined && version !== asked.version.toLowerCase())
        return [`body: ${member} ${String(value)} is not of the version ${asked.version}`];
      return [];
    });
}

const deletedObject = z.object({
  deletedDate: z.number(),
  scheduledPurgeDate: z.number(),
  attributes: z.object({ recoverableDays: z.number() }),
});

/** The purge is `recoverableDays` after the deletion, to the second. */
function purgeComplaints(body: unknown): readonly Difference[] {
  const list = z.object({ value: z.array(z.unknown()) }).safeParse(body);
  return (list.success ? list.data.value : [body]).flatMap((item) => {
    const deleted = deletedObject.safeParse(item);
    if (!deleted.success) return [];
    const { deletedDate, scheduledPurgeDate, attributes } = deleted.data;
    return scheduledPurgeDate - deletedDate === attributes.recoverableDays * 86_400
      ? []
      : [`body: scheduledPurgeDate is not ${attributes.recoverableDays} days after deletedDate`];
  });
}

const keyAttributes = z.looseObject({ created: z.number(), updated: z.number(), recoveryLevel: z.string() });

/** Those of a key: its times in order, nothing that came with a later api-version, and `recoverableDays` since it came: no recording is without. */
function attributeComplaints(
  value: unknown,
  apiVersion: string,
  changes: Readonly<Record<string, string>>,
): readonly Difference[] {
  const parsed = keyAttributes.safeParse(value);
  if (!parsed.success) return [];
  const attributes = parsed.data;
  const since = Object.entries(changes).flatMap(([version, text]) =>
    [...text.matchAll(/attributes\.(\w+)/g)].map(([, name = '']) => ({ name, version })),
  );
  return [
    ...(attributes.updated < attributes.created ? ['body: updated is before created'] : []),
    ...since
      .filter(({ name, version }) => name in attributes && !isSince(apiVersion, version))
      .map(({ name, version }) => `body: ${name} is there at ${apiVersion}, it came with ${version}`),
    ...since
      .filter(
        ({ name, version }) => name === 'recoverableDays' && !(name in attributes) && isSince(apiVersion, version),
      )
      .map(({ name }) => `body: ${name} is absent at ${apiVersion}`),
  ];
}
