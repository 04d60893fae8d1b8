import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { Refusal } from '../domain/vault.ts';
import { AnswerUnreadable, VaultRefused } from '../errors.ts';

const INNER_CODE = 'x-key-guardian-inner-code';

interface CodedError {
  readonly code?: string | null | undefined;
  readonly innererror?: CodedError | null | undefined;
}
const coded: z.ZodType<CodedError> = z.object({
  code: z.string().nullish(),
  get innererror() {
    return coded.nullish();
  },
});
const errorBody = z.object({ error: coded });

/** Carries the inner code of a refusal in a header of the answer: the client drops the body of a list's refusal. */
export const namedRefusals: PipelinePolicy = {
  name: 'namedRefusals',
  async sendRequest(request, next) {
    const response = await next(request);
    const code = response.status < 400 ? undefined : innerCodeIn(response.bodyAsText ?? '');
    if (code !== undefined) response.headers.set(INNER_CODE, code);
    return response;
  },
};

function innerCodeIn(body: string): string | undefined {
  try {
    const parsed = errorBody.safeParse(JSON.parse(body));
    return parsed.success ? innermostCode(parsed.data.error) : undefined;
  } catch {
    // Not JSON, as from a proxy: then the status alone has to tell.
    return undefined;
  }
}

/** The most exact code: that of the innermost error which has one. */
const innermostCode = ({ code, innererror }: CodedError): string | undefined =>
  (innererror == null ? undefined : innermostCode(innererror)) ?? code ?? undefined;

/**
 * Whether the service itself says that a key is not there. A 404 of anybody else, as of a proxy or of a vault that is gone,
 * says nothing of the key.
 */
export const isMissing = (error: unknown): boolean =>
  isRestError(error) && error.statusCode === 404 && error.response?.headers.get(INNER_CODE) === 'KeyNotFound';

/** What was being done when a vault refused it. */
export interface Call {
  readonly vault: string;
  /** What was done to what: `reading disk-a`. */
  readonly doing: string;
  readonly during: 'read' | 'write';
}

/**
 * Which of the refusals an error of the Key Vault client is. Keyed on statuses and inner codes, never on sentences.
 * @see https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
export function refusalOf(error: unknown, { vault, doing, during }: Call): Refusal {
  if (error instanceof AnswerUnreadable) return { kind: 'unreachable', error };
  const status = isRestError(error) ? error.statusCode : undefined;
  const code = isRestError(error) ? error.response?.headers.get(INNER_CODE) : undefined;
  const refused = new VaultRefused(vault, doing, { status, code }, error);
  switch (status) {
    case 401:
      return { kind: 'unauthenticated', error: refused };
    case 403:
      return {
        kind:
          code === 'ForbiddenByFirewall' || code === 'ForbiddenByConnection'
            ? 'forbidden-by-firewall'
            : 'forbidden-by-permission',
        error: refused,
      };
    case 429:
      return { kind: 'throttled', error: refused };
    case 503:
      // No page tells what a write is answered during a failover; one that reads survive counts as read-only.
      return { kind: during === 'write' ? 'read-only' : 'unreachable', error: refused };
    case 400:
    case 405:
    case 413:
    case 415:
      return { kind: 'rejected', error: refused };
    default:
      return { kind: 'unreachable', error: refused };
  }
}
