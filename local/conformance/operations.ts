import { z } from 'zod';

const reference = z.object({ $ref: z.string() });

/** `errors.json#id`, as its id. */
const errorIds = z
  .array(z.object({ body: z.templateLiteral(['errors.json#', z.string()]) }))
  .transform((errors) => errors.map(({ body }) => body.slice('errors.json#'.length)));

const operation = z.object({
  id: z.string(),
  method: z.string(),
  path: z.string(),
  permission: z.string(),
  success: z.array(z.int()),
  answer: z.object({ any: reference.nullable(), at74: reference.optional(), since75: reference.optional() }),
  errors: errorIds,
});

/** One published operation: how it is asked for, what it answers, and the ids of the errors that are its own. */
export type PublishedOperation = z.infer<typeof operation>;

const document = z.object({
  apiVersions: z.object({ changes: z.record(z.string(), z.string()) }),
  common: z.object({ errors: errorIds }),
  operations: z.array(operation),
});

/** `operations.json`, parsed. */
export interface PublishedOperations {
  readonly operations: readonly PublishedOperation[];
  /** Ids of the errors that every operation has beside its own. */
  readonly commonErrors: readonly string[];
  /** What came with an api-version, in the words of the file. */
  readonly changes: Readonly<Record<string, string>>;
}

/** Throws a ZodError where the content has another form than that of `operations.json`. */
export function parseOperations(content: unknown): PublishedOperations {
  const { operations, common, apiVersions } = document.parse(content);
  return { operations, commonErrors: common.errors, changes: apiVersions.changes };
}

/**
 * The operation that a request asks for, or undefined where none is published under its method and path. Clients write a
 * slash at the end, leave the version out or empty, and spell the last segment as they like: all are recorded with 200.
 */
export function operationOf(
  operations: readonly PublishedOperation[],
  method: string,
  pathname: string,
): PublishedOperation | undefined {
  const segments = wordsOf(pathname);
  const candidates = operations
    .filter((candidate) => candidate.method === method)
    .filter((candidate) => formsOf(candidate.path).some((form) => fits(form, segments)));
  // `/keys/{name}/versions` fits `/keys/{name}/{version}` too: the path with the most words of its own is meant.
  return candidates.sort((one, other) => literals(other.path) - literals(one.path))[0];
}

/** The path as published and, where it has one, without its version: that asks for the newest. */
function formsOf(path: string): readonly (readonly string[])[] {
  const full = wordsOf(path);
  return full.includes('{version}') ? [full, full.filter((segment) => segment !== '{version}')] : [full];
}

function fits(form: readonly string[], segments: readonly string[]): boolean {
  return (
    form.length === segments.length &&
    form.every((word, index) => isParameter(word) || word.toLowerCase() === segments[index]?.toLowerCase())
  );
}

const isParameter = (word: string): boolean => word.startsWith('{');

const literals = (path: string): number => wordsOf(path).filter((word) => !isParameter(word)).length;

const wordsOf = (path: string): readonly string[] => path.split('/').filter((word) => word !== '');

/** What a path stands for; undefined where it names no key, or no version of one. */
export interface Named {
  readonly name: string | undefined;
  readonly version: string | undefined;
}

/** What a request's path names, by the path of its operation; where there is none, a name is what stands where names stand. */
export function namedBy(operation: PublishedOperation | undefined, pathname: string): Named {
  const segments = wordsOf(pathname);
  const form =
    operation === undefined ? ['', '{name}'] : formsOf(operation.path).find((words) => fits(words, segments));
  const at = (word: string): string | undefined => {
    const index = form?.indexOf(word) ?? -1;
    const segment = index === -1 ? undefined : segments[index];
    return segment === undefined ? undefined : decoded(segment);
  };
  return { name: at('{name}'), version: at('{version}') };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A broken escape names nothing: it is shown as it came.
    return segment;
  }
}

/** The strictest published schema for an answer of `operation` at `apiVersion`; null where it has no body. */
export function schemaOf(operation: PublishedOperation, apiVersion: string): string | null {
  const { any, at74, since75 } = operation.answer;
  const strictest = apiVersion === '7.4' ? at74 : isSince(apiVersion, '7.5') ? since75 : undefined;
  return (strictest ?? any)?.$ref ?? null;
}

/** Whether an api-version is `since` or later: numbers first, then the dates that came after them. Previews count as the version they lead to. */
export function isSince(apiVersion: string, since: string): boolean {
  const [year, month, day] =
    apiVersion
      .match(/^(\d+)[.-](\d+)(?:-(\d+))?/)
      ?.slice(1)
      .map(Number) ?? [];
  const [sinceYear = 0, sinceMonth = 0, sinceDay = 0] = since.match(/\d+/g)?.map(Number) ?? [];
  if (year === undefined || month === undefined) return false;
  if (year !== sinceYear) return year > sinceYear;
  return month !== sinceMonth ? month > sinceMonth : (day || 0) >= sinceDay;
}
