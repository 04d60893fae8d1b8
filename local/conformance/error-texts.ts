import { z } from 'zod';
import type { Named, PublishedOperation } from './operations.ts';
import { alsoFrom, type UnpublishedText, unpublishedTexts } from './unpublished-texts.ts';

const publishedError = z.object({
  id: z.string(),
  status: z.int(),
  body: z
    .object({
      error: z.object({ code: z.string(), message: z.string(), innererror: z.object({ code: z.string() }).optional() }),
    })
    .nullable(),
  messageForKeys: z.string().optional(),
});

/** An error answer as published, its text with `{braces}` for what differs from call to call. */
export interface PublishedError {
  readonly id: string;
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;
  readonly text: string;
}

/** `errors.json`, parsed; errors without a body are left out, and those whose text nobody knows. Throws a ZodError where it has another form. */
export function parseErrors(content: unknown): readonly PublishedError[] {
  const { errors } = z.object({ errors: z.array(publishedError) }).parse(content);
  return errors.flatMap(({ id, status, body, messageForKeys }) => {
    if (body === null || body.error.message === '(text not known)') return [];
    const { code, message, innererror } = body.error;
    return [{ id, status, code, innerCode: innererror?.code, text: messageForKeys ?? message }];
  });
}

/** What a refused request was for, as the texts of refusals name it. */
export interface Asked extends Named {
  /** Undefined where the path is none that is published. */
  readonly operation: PublishedOperation | undefined;
  readonly hostname: string;
  readonly apiVersion: string;
}

const errorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), innererror: z.object({ code: z.string() }).optional() }),
});

/**
 * What is wrong with an error answer, or undefined: its status, code, inner code and text must together be those of an
 * error that its operation has, the text with the names that were asked for. A body in another form is the schema's to find.
 */
export function textComplaint(
  published: readonly PublishedError[],
  commonErrors: readonly string[],
  asked: Asked,
  status: number,
  body: unknown,
): string | undefined {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { code, message, innererror } = parsed.data.error;
  const known = [...errorsOf(published, commonErrors, asked), ...unpublishedOf(asked)].some(
    (error) =>
      error.status === status &&
      error.code === code &&
      error.innerCode === innererror?.code &&
      formOf(error.text, asked).test(message),
  );
  const from = asked.operation === undefined ? 'such a path' : asked.operation.id;
  return known ? undefined : `error: no published ${status} of ${from} is ${JSON.stringify(parsed.data.error)}`;
}

function errorsOf(
  published: readonly PublishedError[],
  commonErrors: readonly string[],
  asked: Asked,
): readonly PublishedError[] {
  const ids = new Set([
    ...commonErrors,
    ...(asked.operation?.errors ?? []),
    ...alsoFrom.filter(({ from }) => isFrom(from, asked)).map(({ id }) => id),
  ]);
  return published.filter(({ id }) => ids.has(id));
}

function unpublishedOf(asked: Asked): readonly UnpublishedText[] {
  return unpublishedTexts.filter(({ from }) => isFrom(from, asked));
}

function isFrom(from: readonly string[] | 'any', { operation }: Asked): boolean {
  return from === 'any' || (operation !== undefined && from.includes(operation.id));
}

/** `{braces}` stand for what was asked for, or for anything on one line where the request does not tell it; `...` for a part left out. */
function formOf(text: string, asked: Asked): RegExp {
  const parts = fitted(text, asked)
    .split(/(\{[^}]*\}|\.\.\.)/)
    .map((part, index) => (index % 2 === 0 ? escaped(part) : filling(part, asked)));
  return new RegExp(`^${parts.join('')}$`);
}

function fitted(text: string, { name }: Asked): string {
  // In this one text {version} is that of the api.
  const withApiVersion = text.replace('specified version ({version})', 'specified version ({api-version})');
  // A refused list is one of the vault: the resource in the text ends before the key.
  return name === undefined ? withApiVersion.replace("/keys/{name}'", "'") : withApiVersion;
}

function filling(placeholder: string, { name, version, hostname, apiVersion, operation }: Asked): string {
  const vault = hostname.slice(0, hostname.indexOf('.'));
  switch (placeholder) {
    case '...':
      return '[^]*';
    case '{name}':
      // A restore has it in its blob.
      return name === undefined ? '[^\\r\\n]*' : inAnyCase(name);
    case '{version}':
      return inAnyCase(version ?? '');
    case '{kid with version}':
      return `https://${escaped(hostname)}/keys/${inAnyCase(name ?? '')}(?:/[0-9a-f]{32})?`;
    case '{vault}':
      return inAnyCase(vault);
    case '{api-version}':
      return escaped(apiVersion);
    case '{operation}':
      return inAnyCase(operation?.id ?? '');
    case '{permission}':
      return inAnyCase(operation?.permission.replace('keys/', '') ?? '');
    default:
      return '[^\\r\\n]*';
  }
}

/** Vaults compare names without case, and so do we: the texts have them now as asked, now as stored, now in lower case. */
function inAnyCase(text: string): string {
  return [...text]
    .map((letter) => (/[a-z]/i.test(letter) ? `[${letter.toLowerCase()}${letter.toUpperCase()}]` : escaped(letter)))
    .join('');
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
