import type { Replay } from './replay.ts';
import type { Tally, WrongAnswer } from './tally.ts';

/** What the parts of a conformance run found. */
export interface Findings {
  readonly replays: readonly Replay[];
  /** What queries to Resource Graph read that is not published. */
  readonly unpublishedPaths: readonly string[];
  readonly tally: Tally;
  /** How the test run ended; 0 is good. */
  readonly testStatus: number;
}

/** How many kinds of wrong answers are printed in full. All are counted. */
const SHOWN = 20;

/** The first half, a line each: every recorded exchange by name, compared or not. */
export function replayLines(replays: readonly Replay[]): readonly string[] {
  return replays.flatMap((replay) => {
    const { name, what } = replay.exchange;
    switch (replay.kind) {
      case 'not-served':
        return [`not served  ${name} (${replay.because}): ${what}`];
      case 'compared':
        return replay.differences.length === 0
          ? [`same        ${name}: ${what}`]
          : [`DIFFERENT   ${name}: ${what}`, ...replay.differences.map(indented)];
      default:
        return replay satisfies never;
    }
  });
}

/** What to print when the tests have run, a line each, and the status to end with. */
export interface Report {
  readonly lines: readonly string[];
  readonly status: 0 | 1;
}

/**
 * Ends with `<n> exchanges, <n> answers, <n> differences, <n> not served`: exchanges compared, answers checked while the
 * tests ran, differences of both and paths of queries that are not published, and recorded exchanges that the local Azure cannot be asked for. The status is 1 on a
 * difference, on failed tests, and where nothing was compared or checked, for that proves nothing.
 */
export function reportOf({ replays, unpublishedPaths, tally, testStatus }: Findings): Report {
  const compared = replays.filter((replay) => replay.kind === 'compared');
  const different = compared.filter((replay) => replay.differences.length > 0);
  const inAnswers = [...compared, ...tally.wrong].reduce((sum, found) => sum + found.differences.length, 0);
  const differences = inAnswers + unpublishedPaths.length;
  const wrong = [
    // Again, since the output of the tests stands between.
    ...replayLines(different),
    ...unpublishedPaths.map((path) => `DIFFERENT   ${path}`),
    ...wrongAnswerLines(tally.wrong),
    ...(compared.length === 0 ? ['No recorded exchange was compared.'] : []),
    ...(tally.answers === 0 ? ['No answer was checked while the tests ran.'] : []),
    ...(testStatus === 0 ? [] : [`The tests ended with status ${testStatus}.`]),
  ];
  const notServed = replays.length - compared.length;
  return {
    lines: [
      ...wrong,
      `${compared.length} exchanges, ${tally.answers} answers, ${differences} differences, ${notServed} not served`,
    ],
    status: wrong.length === 0 ? 0 : 1,
  };
}

/** One of each kind: a thousand answers with one fault are one fault, and push no other out. */
function wrongAnswerLines(wrong: readonly WrongAnswer[]): readonly string[] {
  const kinds = Map.groupBy(wrong, ({ differences }) => [...byForm(differences).keys()].join('\n'));
  return [
    ...[...kinds.values()].slice(0, SHOWN).flatMap(linesOfKind),
    ...(kinds.size > SHOWN ? [`… and ${kinds.size - SHOWN} more kinds of wrong answers`] : []),
  ];
}

function linesOfKind([first, ...alike]: readonly WrongAnswer[]): readonly string[] {
  if (first === undefined) return [];
  return [
    `DIFFERENT   ${first.request}${alike.length > 0 ? ` (and ${alike.length} more like it)` : ''}`,
    indented(`answered ${first.response.slice(0, 600)}`),
    ...[...byForm(first.differences).values()].flatMap((lines) => lines.slice(0, 1).map(indented)),
  ];
}

/** Differences alike but for their numbers: the items of a list have the same fault each. */
function byForm(differences: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return Map.groupBy(differences, (line) => line.replaceAll(/\d+/g, '#'));
}

const indented = (line: string): string => `            ${line}`;
