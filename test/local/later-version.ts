/**
 * Makes of these sources what a later version may be, where it is imported before them: its rows, messages and records have
 * members that this version does not know, and it knows a reason to inspect, a kind of record and a kind of incident more.
 */
import { registerHooks } from 'node:module';

type Edit = readonly [now: string, later: string];

const edits: Readonly<Record<string, readonly Edit[]>> = {
  'shared/register/rows.ts': [
    ['const ROW_VERSION = 1;', 'const ROW_VERSION = 2;'],
    ['=> ({ v, ...value });', "=> ({ v, laterColumn: { of: 'later' }, ...value });"],
  ],
  'shared/register/messages.ts': [
    ['const MESSAGE_VERSION = 1;', 'const MESSAGE_VERSION = 2;'],
    ['{ v: MESSAGE_VERSION, ...message }', "{ v: MESSAGE_VERSION, laterMember: 'later', ...message }"],
  ],
  'shared/domain/hint.ts': [
    [
      "z.object({ kind: z.literal('differs') }),",
      "z.object({ kind: z.literal('differs') }), z.object({ kind: z.literal('later-reason'), more: z.number() }),",
    ],
  ],
  'shared/guard/keys/audit-events.ts': [["case 'differs':", "case 'differs': case 'later-reason':"]],
  'shared/senses/sweep/sweep.ts': [["says: { kind: 'differs' }", "says: { kind: 'later-reason', more: 1 }"]],
  'shared/domain/audit-record.ts': [
    ['export const RECORD_VERSION = 1;', 'export const RECORD_VERSION = 2;'],
    ["failure: 'Something failed.',", "failure: 'Something failed.', 'later-record': 'What a later version records.',"],
  ],
  'shared/trail/trail.ts': [
    [
      'append: (entries) => recordAll(entries,',
      "append: (entries) => recordAll(entries.flatMap((one) => [one, { ...one, id: 'later-' + one.id, what: 'later-record' }]),",
    ],
  ],
  'shared/guard/keys/incidents.ts': [
    [
      'for (const draft of drafts) await openIncident(draft, ports);',
      "for (const draft of drafts.flatMap((one) => [one, { ...one, kind: 'later-finding' }])) await openIncident(draft, ports);",
    ],
  ],
};

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const [, mine = []] = Object.entries(edits).find(([file]) => url.endsWith(`/${file}`)) ?? [];
    return mine.length === 0 ? loaded : { ...loaded, source: edited(url, String(loaded.source), mine) };
  },
});

function edited(url: string, source: string, mine: readonly Edit[]): string {
  return mine.reduce((text, [now, later]) => {
    if (text.split(now).length !== 2) throw new Error(`${url} does not have once: ${now}`);
    return text.replace(now, () => later);
  }, source);
}
