import { isRestError } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { Refusal } from '../domain/vault.ts';
import { VaultRefused } from '../errors.ts';

const inner = z.object({ code: z.string().optional() }).optional();
/** What the client makes of an error's body: `innererror` on the wire is `innerError` in its hands. */
const errorDetails = z.object({
  error: z.object({ code: z.string().optional(), innerError: inner, innererror: inner }),
});

/**
 * Which of the refusals an error of the Key Vault client is. Keyed on statuses and inner codes, never on sentences.
 * @see https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
export function refusalOf(error: unknown, during: 'read' | 'write' = 'read'): Refusal {
  const status = isRestError(error) ? error.statusCode : undefined;
  const code = innerCodeOf(error);
  const refused = new VaultRefused(status, code, error);
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
    default:
      return { kind: 'unreachable', error: refused };
  }
}

function innerCodeOf(error: unknown): string | undefined {
  const parsed = errorDetails.safeParse(isRestError(error) ? error.details : undefined);
  if (!parsed.success) return undefined;
  const { code, innerError, innererror } = parsed.data.error;
  return innerError?.code ?? innererror?.code ?? code;
}
