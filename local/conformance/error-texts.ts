import { z } from 'zod';

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

/** An error answer as published, its text as a form in which names differ from call to call. */
export interface PublishedError {
  readonly id: string;
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;
  readonly text: RegExp;
}

/** `errors.json`, parsed; errors without a body are left out. Throws a ZodError where it has another form. */
export function parseErrors(content: unknown): readonly PublishedError[] {
  const { errors } = z.object({ errors: z.array(publishedError) }).parse(content);
  return errors.flatMap(({ id, status, body, messageForKeys }) =>
    body === null
      ? []
      : [
          {
            id,
            status,
            code: body.error.code,
            innerCode: body.error.innererror?.code,
            text: formOf(messageForKeys ?? body.error.message),
          },
        ],
  );
}

/** `{braces}` stand for what differs per call, be it nothing, `...` for a part left out, and `(text not known)` for any text. */
function formOf(message: string): RegExp {
  if (message === '(text not known)') return /^/;
  // A refused list is one of the vault: the resource in the text ends before the key.
  const ofVault = message.replace("/keys/{name}'", "{/keys/name}'");
  const parts = ofVault.split(/\{[^}]*\}|\.\.\./).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`);
}

const errorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), innererror: z.object({ code: z.string() }).optional() }),
});

/** Statuses whose texts are published in full. Of 400 and 401 only some are, and of 5xx none. */
const TOLD_IN_FULL = new Set([403, 404, 409, 429]);

/** What is wrong with the text of an error answer, or undefined: it must be a published one, with its code and inner code. */
export function textComplaint(published: readonly PublishedError[], status: number, body: unknown): string | undefined {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success || !TOLD_IN_FULL.has(status)) return undefined;
  const { code, message, innererror } = parsed.data.error;
  const known = published.some(
    (error) =>
      error.status === status &&
      error.code === code &&
      error.innerCode === innererror?.code &&
      error.text.test(message),
  );
  return known ? undefined : `error: no published ${status} has ${JSON.stringify(parsed.data.error)}`;
}
