import { createHash } from 'node:crypto';
import { z } from 'zod';
import { NO_VAULT } from '../domain/audit-record.ts';
import type { Ports } from '../ports.ts';
import type { Row } from '../storage.ts';
import { entry } from '../trail/entries.ts';
import { deepJson } from './deep-json.ts';
import { hourOf, incidentId } from './draft.ts';
import { setAside } from './kinds/set-aside.ts';
import { bounded, openIncident, readIncidents } from './store.ts';

/** Something that could not be parsed, whole, with the reason. */
export interface SetAside {
  readonly content: string;
  readonly because: string;
}

/** What was given, whole, as JSON: as it came where `raw` says so and it is nested too deep to be written the usual way. */
export function wholeText(given: unknown, raw?: string): string {
  try {
    return JSON.stringify(given) ?? 'undefined';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return raw ?? deepJson(given);
  }
}

/** Characters of a reason at most: it goes into the trail, and may list every member of what it is about. */
const MOST_CHARACTERS = 2_000;

/**
 * Keeps something unreadable where a person can see it, records it and tells. The same from the same source is kept once
 * a day; people are told once an hour and source, of the first, with the folder of all; again where a person has closed that.
 */
export async function setAsideWhole(aside: SetAside, source: string, ports: Ports): Promise<void> {
  const { content } = aside;
  const because = bounded(aside.because, MOST_CHARACTERS);
  const folder = `${ports.now().toISOString().slice(0, 10)}/${source}`;
  const name = `${folder}/${createHash('sha256').update(content).digest('hex').slice(0, 32)}.txt`;
  if ((await ports.setAside.read(name)) !== undefined) return;
  await ports.trail.append(NO_VAULT, [
    entry(
      'set-aside',
      { vault: NO_VAULT },
      { sense: source, document: name, because, characters: content.length },
      ports,
    ),
  ]);
  await tell(name, folder, because, source, ports);
  // Last: where we end before it, the message comes again and all of it is done.
  await ports.setAside.create(name, content);
}

/** What a row holds; `undefined` where it cannot be read: it is left where it is and set aside whole, and costs no other. */
export async function readOrSetAside<T>(
  schema: z.ZodType<T>,
  { data }: Row,
  source: string,
  ports: Ports,
): Promise<T | undefined> {
  const read = schema.safeParse(data);
  if (read.success) return read.data;
  await setAsideWhole({ content: JSON.stringify(data), because: z.prettifyError(read.error) }, source, ports);
  return undefined;
}

async function tell(document: string, folder: string, because: string, source: string, ports: Ports): Promise<void> {
  const draft = setAside.draft(hourOf(ports.now()), document, folder, because);
  const id = incidentId(draft, source);
  const first = (await readIncidents(ports, { vault: NO_VAULT })).find(({ incident }) => incident.id === id);
  if (first?.incident.state !== 'open') return openIncident(draft, ports, id); // a person closed what was there before
  if (first.incident.toldRevision >= first.incident.revision) return;
  // One that stands and was not told yet is told as it is.
  await openIncident({ ...draft, summary: first.incident.summary }, ports, id);
}
