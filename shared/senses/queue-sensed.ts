import type { Hint, Inspection } from '../domain/hint.ts';
import { spellSubject } from '../domain/subject.ts';
import { inTurns } from '../in-turns.ts';
import { quarantine, type Unparsed } from '../incidents/quarantine.ts';
import type { Ports } from '../ports.ts';

/** What a sense made of its input. */
export interface Sensed {
  readonly inspections: readonly Inspection[];
  readonly unparsed: readonly Unparsed[];
}

/** Calls of storage at the same time. */
const AT_ONCE = 8;

/** Bytes of hints in one message at most: a queue's message can have 48 KiB before base64. */
const HINTS_BYTES = 40 * 1024;

/** One inspection for each subject, with all its hints, split where they do not fit into one message. */
export function mergedBySubject(inspections: readonly Inspection[]): readonly Inspection[] {
  const hints = new Map<string, { readonly first: Inspection; readonly hints: Map<string, Hint> }>();
  for (const inspection of inspections) {
    const id = spellSubject(inspection.subject);
    const merged = hints.get(id) ?? { first: inspection, hints: new Map<string, Hint>() };
    for (const hint of inspection.hints) merged.hints.set(hint.id, hint);
    hints.set(id, merged);
  }
  return [...hints.values()].flatMap(({ first, hints: all }) => {
    return parts([...all.values()]).map((part) => ({ ...first, hints: part }));
  });
}

/** Hints in their order, in parts that each fit into a message. */
function parts(hints: readonly Hint[]): readonly Hint[][] {
  const all: Hint[][] = [];
  let bytes = HINTS_BYTES;
  for (const hint of hints) {
    const hintBytes = Buffer.byteLength(JSON.stringify(hint));
    if (bytes + hintBytes > HINTS_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(hint);
    bytes += hintBytes;
  }
  return all;
}

/**
 * Queues the inspections of a sense, and quarantines what it could not parse. Throws only where the queue or the quarantine
 * cannot be written: then the input has to be delivered again, or it would be lost.
 */
export async function queueSensed(sensed: Sensed, sense: Hint['sense'], ports: Ports): Promise<void> {
  const unparsed = [...new Map(sensed.unparsed.map((one) => [one.content, one])).values()];
  // The first one alone, so that the others find its incident open.
  const inOrder = [unparsed.slice(0, 1), unparsed.slice(1)];
  const steps = [
    ...sensed.inspections.map((inspection) => () => ports.queues.inspections.send(inspection)),
    () => inTurns(1, inOrder, (some) => inTurns(AT_ONCE, some, (one) => quarantine(one, sense, ports))),
  ];
  await inTurns(AT_ONCE, steps, (step) => step());
}
