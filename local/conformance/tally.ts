import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { WireRequest, WireResponse } from '../azure/types.ts';
import type { Difference } from './compare.ts';

const checkedAnswer = z.object({
  request: z.string(),
  response: z.string(),
  differences: z.array(z.string()),
});

/** An answer that is not as published, with the request that brought it. Carries no token. */
export type WrongAnswer = z.infer<typeof checkedAnswer>;

/** What all processes of a test run noted. */
export interface Tally {
  readonly answers: number;
  /** In the order of the processes' ids, within a process as they came. */
  readonly wrong: readonly WrongAnswer[];
}

/** Notes one checked answer. */
export type Note = (request: WireRequest, response: WireResponse, differences: readonly Difference[]) => void;

/**
 * Notes into `folder`, in two files of this process alone: a byte an answer, a line a wrong one. Written at once and only
 * appended to, so that a process that is killed in a test loses nothing.
 */
export function openNotes(folder: string, processName: string): Note {
  const answers = openSync(join(folder, `${processName}.answers`), 'a');
  const wrong = openSync(join(folder, `${processName}.wrong`), 'a');
  return (request, response, differences) => {
    writeSync(answers, '.');
    if (differences.length > 0) writeSync(wrong, `${JSON.stringify(wrongAnswer(request, response, differences))}\n`);
  };
}

function wrongAnswer(request: WireRequest, response: WireResponse, differences: readonly Difference[]): WrongAnswer {
  return {
    // Of the bodies only that of a PATCH: the others may hold what was wrapped, or an imported private key.
    request: `${request.method} ${request.url}${request.method === 'PATCH' ? ` ${request.body}` : ''}`,
    response: `${response.status} ${response.body}`,
    differences: [...differences],
  };
}

/** Adds up what every process noted into `folder`. */
export function readNotes(folder: string): Tally {
  const files = readdirSync(folder).sort();
  const contents = (ending: string): readonly string[] =>
    files.filter((file) => file.endsWith(ending)).map((file) => readFileSync(join(folder, file), 'utf8'));
  return {
    answers: contents('.answers').reduce((sum, content) => sum + content.length, 0),
    wrong: contents('.wrong').flatMap((content) =>
      content
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => checkedAnswer.parse(JSON.parse(line))),
    ),
  };
}
