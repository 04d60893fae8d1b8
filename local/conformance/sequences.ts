import { mock } from 'node:test';
import { z } from 'zod';
import { createLocalAzure, type LocalAzure } from '../azure/azure.ts';
import type { WireRequest, WireResponse } from '../azure/types.ts';
import { compareAnswers, type Difference, parsedJson } from './compare.ts';
import type { Exchange } from './recordings.ts';
import { sentBody } from './sent.ts';
import { vaultBefore } from './vault-before.ts';
import { recordedClient, wireRequest } from './wire.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Calls on one vault in the order in which they were made: those of a file, anew at another vault and after a day without a call. */
export function sequencesOf(exchanges: readonly Exchange[]): readonly (readonly Exchange[])[] {
  const sequences: Exchange[][] = [];
  for (const exchange of exchanges) {
    const before = sequences.at(-1)?.at(-1);
    if (before !== undefined && goesOn(before, exchange)) sequences.at(-1)?.push(exchange);
    else sequences.push([exchange]);
  }
  return sequences;
}

const goesOn = (before: Exchange, exchange: Exchange): boolean =>
  fileOf(before) === fileOf(exchange) &&
  before.url.hostname === exchange.url.hostname &&
  dateOf(exchange) - dateOf(before) < DAY_MS;

const fileOf = ({ name }: Exchange): string => name.slice(0, name.lastIndexOf(' #'));

const dateOf = ({ answer }: Exchange): number => {
  const date = Date.parse(answer.headers.date ?? '');
  if (Number.isNaN(date)) throw new Error('A call of a sequence has a date.');
  return date;
};

/**
 * How long deletions and recoveries took to show: what lies between the calls of every sequence allows these
 * (`recordings-estate/keys/delete-and-recover.json`).
 */
const SETTLED_AFTER_MS = { deletion: 22_000, recovery: 24_000 };

/** Plays a sequence on a local Azure of its own, and gives for each call where its answer differs. `all` is for what the sequence does not tell of its vault. */
export async function play(
  sequence: readonly Exchange[],
  all: readonly Exchange[],
): Promise<readonly (readonly Difference[])[]> {
  const exchanged = exchangedChance();
  let azure: LocalAzure | undefined;
  const differences: (readonly Difference[])[] = [];
  let now = 0;
  for (const exchange of sequence) {
    // The local Azure goes by the process's Date: set to the recorded moment, the times it writes are the recorded ones.
    now = momentOf(exchange, now);
    mock.timers.enable({ apis: ['Date'], now });
    try {
      azure ??= await azureBefore(sequence, all);
      azure.behaviours.settleMs = exchange.method === 'DELETE' ? SETTLED_AFTER_MS.deletion : SETTLED_AFTER_MS.recovery;
      const answered = await azure.handle(exchanged.asked(wireRequest(exchange, bodyOf(exchange), azure)));
      differences.push(compareAnswers(exchange.answer, exchanged.answered(exchange, answered)));
    } finally {
      mock.timers.reset();
    }
  }
  return differences;
}

const beingDeleted = z.object({
  error: z.object({ innererror: z.object({ code: z.literal('ObjectIsBeingDeleted') }) }),
});

async function azureBefore(sequence: readonly Exchange[], all: readonly Exchange[]): Promise<LocalAzure> {
  const azure = createLocalAzure({ vaults: [vaultBefore(sequence, all)], identities: [recordedClient] });
  const [first] = sequence;
  if (first !== undefined && beingDeleted.safeParse(first.answer.body).success) {
    // Somebody had begun to delete it.
    const url = first.url.href.replace(/\/deletedkeys\/([^/]+)\/recover/, '/keys/$1');
    await azure.handle({ ...wireRequest(first, '', azure), method: 'DELETE', url });
  }
  return azure;
}

const written = z.object({
  deletedDate: z.int().optional(),
  attributes: z.object({ created: z.int(), updated: z.int() }).nullish(),
});

/** The recorded second; the second half of it where the answer shows a time that is rounded up to the next, and where the call before was there already. */
function momentOf(exchange: Exchange, before: number): number {
  const date = dateOf(exchange);
  const { deletedDate, attributes } = written.safeParse(exchange.answer.body).data ?? {};
  const isNext = [deletedDate, attributes?.created, attributes?.updated].includes(date / 1000 + 1);
  return isNext || before === date + 600 ? date + 600 : date;
}

const made = z.object({ key: z.object({ kty: z.string() }) });

/** Where the recorder lost it, a key of the answered type was asked for and nothing else. */
function bodyOf(exchange: Exchange): string {
  const body = sentBody(exchange);
  if (body.kind === 'none') return '';
  return JSON.stringify(body.kind === 'json' ? body.value : { kty: made.parse(exchange.answer.body).key.kty });
}

/** Puts what the local Azure made by chance in the place of what the real vault had made, and back. */
interface Exchanged {
  /** The request with the local Azure's own in place of what was recorded. */
  asked(request: WireRequest): WireRequest;
  /** The answer with what was recorded in place of the local Azure's own, of which it takes note first. */
  answered(exchange: Exchange, answer: WireResponse): WireResponse;
}

/** Versions, material, backups and tokens of pages: the same stands for the same throughout a sequence. */
function exchangedChance(): Exchanged {
  const ours = new Map<string, string>();
  const note = (recorded: readonly string[], answered: readonly string[]): void => {
    const taken = new Set(ours.values());
    for (const [index, text] of recorded.entries()) {
      const own = answered[index];
      if (own !== undefined && !ours.has(text) && !taken.has(own)) ours.set(text, own);
    }
  };
  const own = (text: string): string =>
    [...ours].reduce((result, [theirs, mine]) => result.replaceAll(theirs, mine), text);
  const recorded = (text: string): string =>
    [...ours].reduce((result, [theirs, mine]) => result.replaceAll(mine, theirs), text);
  return {
    asked: (request) => ({ ...request, url: own(request.url), body: own(request.body) }),
    answered(exchange, answer) {
      const parsed = parsedJson(answer.body);
      if (parsed.kind === 'json') note(chanceIn(exchange.answer.body), chanceIn(parsed.value));
      return { ...answer, body: recorded(answer.body) };
    },
  };
}

/** What is chance in an answer, in the order of its members' names. */
function chanceIn(value: unknown, member = ''): readonly string[] {
  if (typeof value === 'string') return chanceOf(member, value);
  if (typeof value !== 'object' || value === null) return [];
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return members.flatMap(([name, inner]) => chanceIn(inner, Array.isArray(value) ? member : name));
}

function chanceOf(member: string, text: string): readonly string[] {
  switch (member) {
    case 'kid':
      return text.match(/(?<=\/)[0-9a-f]{32}$/) ?? [];
    case 'nextLink':
      return text.match(/(?<=[?&]\$skiptoken=)[^&]+/) ?? [];
    case 'n':
    case 'x':
    case 'y':
    case 'value':
      return [text];
    default:
      return [];
  }
}
