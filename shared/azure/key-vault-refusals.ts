import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import * as z from 'zod';
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

/** Copies the inner code of a refusal into a header of the answer: the client drops the body where a list is refused. */
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
    // Not JSON, as from a proxy: then only the status is known.
    return undefined;
  }
}

/** The most exact code: that of the innermost error which has one. */
const innermostCode = ({ code, innererror }: CodedError): string | undefined =>
  (innererror == null ? undefined : innermostCode(innererror)) ?? code ?? undefined;

/**
 * Whether the service itself answered that a key does not exist. Any other 404, as from a proxy or for a vault that is gone,
 * says nothing about the key.
 */
export const isMissing = (error: unknown): boolean =>
  isRestError(error) && error.statusCode === 404 && error.response?.headers.get(INNER_CODE) === 'KeyNotFound';

/** The call that a vault refused. */
export interface Call {
  readonly vault: string;
  /** What was done to what: `reading disk-a`. */
  readonly doing: string;
  readonly during: 'read' | 'write';
}

/**
 * The refusal that an error of the Key Vault client stands for, by its status and inner code, never by its message.
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
      // The answer to a write during a failover is documented nowhere: a 503 to a write counts as read-only.
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
