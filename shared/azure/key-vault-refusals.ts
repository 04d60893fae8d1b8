import { isRestError } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { Refusal } from '../domain/vault.ts';
import { VaultRefused } from '../errors.ts';

const errorBody = z.object({
  error: z.object({
    code: z.string().optional(),
    message: z.string().optional(),
    innererror: z.object({ code: z.string().optional() }).optional(),
  }),
});

/**
 * Which of the refusals an error of the Key Vault client is. Keyed on statuses and inner codes, never on sentences.
 * @see https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
export function refusalOf(error: unknown, during: 'read' | 'write' = 'read'): Refusal {
  const status = isRestError(error) ? error.statusCode : undefined;
  const inner = innerCodeOf(error);
  const refused = new VaultRefused(status, inner, error);
  switch (status) {
    case 401:
    case 403:
      return {
        kind:
          inner === 'ForbiddenByFirewall' || inner === 'ForbiddenByConnection'
            ? 'forbidden-by-firewall'
            : 'forbidden-by-permission',
        error: refused,
      };
    case 429:
      return { kind: 'throttled', error: refused };
    case 503:
      // No page tells what a write is answered during a failover; one that reads survive is told as read-only.
      return { kind: during === 'write' ? 'read-only' : 'unreachable', error: refused };
    default:
      return { kind: 'unreachable', error: refused };
  }
}

function innerCodeOf(error: unknown): string | undefined {
  if (!isRestError(error) || typeof error.response?.bodyAsText !== 'string') return undefined;
  const parsed = errorBody.safeParse(parsedJson(error.response.bodyAsText));
  return parsed.success ? (parsed.data.error.innererror?.code ?? parsed.data.error.code) : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: then the status alone has to tell.
    return undefined;
  }
}
