/** Characters that are searched for the end of one object: a record has a few thousand. */
const MOST_CHARACTERS = 32_768;

/** Broken parts at most: what follows is one part more, since the search behind each may be in vain. */
const MOST_BROKEN = 500;

/** What stands before the first record. */
const OPENING = /\s*(?:\{\s*"records"\s*:\s*)?\[/y;
/** Strings, so that a brace in one does not count, and braces. */
const TOKENS = /"(?:[^"\\\n]|\\.)*"|[{}]/g;
/** Where the next object may begin, though the one before it has no end. */
const NEXT = /[},\n][\s,]*(?=\{)/g;
/** What may stand between objects. */
const BETWEEN = /^[\s,[\]}]*$/;

/**
 * The objects in a text that as a whole is no JSON: one object a line, or a list of which one item is broken. `rest`: every
 * other part of the text, each for itself.
 */
export function piecesOf(text: string): { readonly parsed: readonly unknown[]; readonly rest: readonly string[] } {
  const parsed: unknown[] = [];
  const rest: string[] = [];
  let at = 0;
  while (at < text.length && rest.length < MOST_BROKEN) {
    OPENING.lastIndex = at;
    if (OPENING.test(text)) at = OPENING.lastIndex;
    const start = text.indexOf('{', at);
    const between = text.slice(at, start === -1 ? undefined : start);
    if (!BETWEEN.test(between)) rest.push(trimmed(between));
    if (start === -1) return { parsed, rest };
    OPENING.lastIndex = start;
    if (OPENING.test(text)) {
      at = OPENING.lastIndex;
      continue;
    }
    const end = endOf(text, start);
    const piece = end === undefined ? undefined : fromJson(text.slice(start, end));
    if (end !== undefined && piece !== undefined) {
      parsed.push(piece);
      at = end;
    } else {
      at = brokenUntil(text, start, end);
      rest.push(trimmed(text.slice(start, at)));
    }
  }
  return { parsed, rest: at < text.length ? [...rest, text.slice(at)] : rest };
}

/** The end of the object that begins here; `undefined` where it has none. */
function endOf(text: string, start: number): number | undefined {
  const searched = text.slice(start, start + MOST_CHARACTERS);
  let depth = 0;
  for (const { 0: token, index } of searched.matchAll(TOKENS)) {
    if (token === '{') depth += 1;
    else if (token === '}') depth -= 1;
    if (depth === 0) return start + index + 1;
  }
  return undefined;
}

/** Where a broken object ends: at its last brace, or where the next object may begin. */
function brokenUntil(text: string, start: number, end = text.length): number {
  NEXT.lastIndex = start + 1;
  const next = NEXT.exec(text);
  return next === null ? end : Math.min(end, next.index + next[0].length);
}

const trimmed = (text: string): string =>
  text
    .replace(/^[\s,]+/, '')
    .trimEnd()
    .replace(/,$/, '');

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller keeps the text
  }
}
