import { createRequire } from 'node:module';
import { adaptiveCard } from '../../../local/sinks/adaptive-card.ts';

// Its modules are written for bundlers: only the one file runs on Node.
const library: typeof import('adaptivecards') = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js');

/** What is wrong with a card 1.4, by the schema of the elements that are used here and by Microsoft's own library; empty where nothing is. */
export function cardFaults(content: unknown): readonly string[] {
  const ours = adaptiveCard.safeParse(content);
  const context = new library.SerializationContext(library.Versions.v1_4);
  const card = new library.AdaptiveCard();
  card.parse(content, context);
  const ofLibrary = [
    ...Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at)),
    ...card.validateProperties().validationEvents,
  ];
  // What the library does not know it leaves out in silence.
  const isWhole = JSON.stringify(sorted(card.toJSON())) === JSON.stringify(sorted(content));
  return [
    ...(ours.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...ofLibrary.map((event) => event?.message ?? 'unknown'),
    ...(isWhole ? [] : ['a part of the card is not known to the library']),
  ];
}

/** With the members of every object in order, so that texts can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const);
  return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
