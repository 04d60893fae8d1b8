import { digest } from '../domain/digest.ts';
import type { KeyId } from '../domain/key.ts';
import { GUARDIAN, keyOf } from '../domain/subject.ts';
import type { RowUnreadable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import { deepJson } from './deep-json.ts';
import { hourOf, incidentId } from './draft.ts';
import { guardianBlind } from './kinds/guardian-blind.ts';
import { guardianUnwell, readingQuarantined } from './kinds/guardian-unwell.ts';
import { bounded, openIncident, readIncidents } from './store.ts';

/** Something that could not be parsed, in full, with the reason. */
export interface Unparsed {
  readonly content: string;
  readonly because: string;
}

/** The given value in full, as JSON; `raw`, where given, for a value nested too deep to be written the usual way. */
export function wholeText(given: unknown, raw?: string): string {
  try {
    return JSON.stringify(given) ?? 'undefined';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return raw ?? deepJson(given);
  }
}

/** Characters of a reason at most: it is recorded in the trail, and could list very many members. */
const MOST_CHARACTERS = 2_000;

/**
 * Quarantines something that could not be parsed: stores it where a person can read it, records it, and alerts operators.
 * The same content from the same source is stored once a day. Operators are alerted once an hour for each source, of the
 * first, with the folder of all; and again of the next one after a person has closed that incident.
 */
export async function quarantine({ content, because: given }: Unparsed, source: string, ports: Ports): Promise<void> {
  const because = bounded(given, MOST_CHARACTERS);
  const folder = `${ports.now().toISOString().slice(0, 10)}/${source}`;
  const document = `${folder}/${digest(content)}.txt`;
  if ((await ports.quarantine.read(document)) !== undefined) return;
  const detail = { source, document, because, characters: content.length };
  await ports.trail.append([entry('quarantined', GUARDIAN, detail, ports)]);
  const what = `Something could not be read and was quarantined whole as ${document}: ${because.replace(/\.$/, '')}. Later ones from the same source are in ${folder}.`;
  const draft = guardianUnwell.draft('quarantined', hourOf(ports.now()), what, GUARDIAN, [
    readingQuarantined(document),
  ]);
  const id = incidentId(draft, source);
  const { stored } = await readIncidents(ports, GUARDIAN);
  // The incident names the folder, which has all the others that come while it is open.
  const isOpen = stored.some(({ value }) => value.id === id && value.state === 'open');
  if (!isOpen) await openIncident(draft, ports, id);
  // Stored last: after a crash before it, the message is delivered again and all of this is repeated.
  await ports.quarantine.create(document, content);
}

/** Quarantines the content of rows that cannot be read. The rows stay as they are. */
export const quarantineRows = (unreadable: readonly RowUnreadable[], ports: Ports): Promise<void> =>
  inTurns(1, unreadable, ({ content, message, table }) => quarantine({ content, because: message }, table, ports));

/** Quarantines a row of the register and alerts on-call that its key is not guarded. The row is left as it is. */
export async function alertUnguarded(id: KeyId, error: RowUnreadable, ports: Ports): Promise<void> {
  await quarantineRows([error], ports);
  await openIncident(guardianBlind.draft('register-unreadable', keyOf(id), hourOf(ports.now())), ports);
}
