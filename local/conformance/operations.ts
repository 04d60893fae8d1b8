import { z } from 'zod';

const reference = z.object({ $ref: z.string() });

const operation = z.object({
  id: z.string(),
  method: z.string(),
  path: z.string(),
  success: z.array(z.int()),
  answer: z.object({ any: reference.nullable(), at74: reference.optional(), since75: reference.optional() }),
});

/** One published operation: how it is asked for, what it answers. */
export type PublishedOperation = z.infer<typeof operation>;

/** `operations.json`, parsed. Throws a ZodError where it has another form. */
export function parseOperations(content: unknown): readonly PublishedOperation[] {
  return z.object({ operations: z.array(operation) }).parse(content).operations;
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
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const candidates = operations
    .filter((candidate) => candidate.method === method)
    .filter((candidate) => formsOf(candidate.path).some((form) => fits(form, segments)));
  // `/keys/{name}/versions` fits `/keys/{name}/{version}` too: the path with the most words of its own is meant.
  return candidates.sort((one, other) => literals(other.path) - literals(one.path))[0];
}

/** The path as published and, where it has one, without its version: that asks for the newest. */
function formsOf(path: string): readonly (readonly string[])[] {
  const full = path.split('/').filter((segment) => segment !== '');
  return full.includes('{version}') ? [full, full.filter((segment) => segment !== '{version}')] : [full];
}

function fits(form: readonly string[], segments: readonly string[]): boolean {
  return (
    form.length === segments.length &&
    form.every((word, index) => isParameter(word) || word.toLowerCase() === segments[index]?.toLowerCase())
  );
}

const isParameter = (word: string): boolean => word.startsWith('{');

const literals = (path: string): number => path.split('/').filter((word) => word !== '' && !isParameter(word)).length;

/** The strictest published schema for an answer of `operation` at `apiVersion`; null where it has no body. */
export function schemaOf(operation: PublishedOperation, apiVersion: string): string | null {
  const { any, at74, since75 } = operation.answer;
  const strictest = apiVersion === '7.4' ? at74 : isSince75(apiVersion) ? since75 : undefined;
  return (strictest ?? any)?.$ref ?? null;
}

/** `7.5` and later numbers, and the dates that came after them; previews count as the version they lead to. */
function isSince75(apiVersion: string): boolean {
  if (/^\d{4}-\d{2}-\d{2}/.test(apiVersion)) return true;
  const [, major, minor] = apiVersion.match(/^(\d+)\.(\d+)/) ?? [];
  return Number(major) > 7 || (Number(major) === 7 && Number(minor) >= 5);
}
