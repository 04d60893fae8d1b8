import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { Refusal } from '../domain/vault.ts';
import { AnswerUnreadable, VaultRefused } from '../errors.ts';

const INNER_CODE = 'x-key-guardian-inner-code';

const inner = z.object({ code: z.string().optional() }).optional();
const errorBody = z.object({ error: z.object({ code: z.string().optional(), innererror: inner }) });

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
    return parsed.success ? (parsed.data.error.innererror?.code ?? parsed.data.error.code) : undefined;
  } catch {
    // Not JSON, as from a proxy: then the status alone has to tell.
    return undefined;
  }
}

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
      // No page tells what a write is answered during a failover; one that reads survive is told as read-only.
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
