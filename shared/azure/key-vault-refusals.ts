import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import type { Refusal } from '../domain/vault.ts';
import { AnswerUnreadable, NoToken, VaultRefused } from '../errors.ts';

const INNER_CODE = 'x-key-guardian-inner-code';
const POLICY_SAYS = 'x-key-guardian-policy-says';

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
const errorBody = z.object({ error: coded.and(z.object({ message: z.string().nullish() })) });

/** Copies the inner code of a refusal into a header of the answer: the client drops the body where a list is refused. So too what a policy says. */
export const namedRefusals: PipelinePolicy = {
  name: 'namedRefusals',
  async sendRequest(request, next) {
    const response = await next(request);
    const error = response.status < 400 ? undefined : errorIn(response.bodyAsText ?? '');
    const code = error && innermostCode(error);
    if (code !== undefined) response.headers.set(INNER_CODE, code);
    if (code === 'ForbiddenByPolicy') response.headers.set(POLICY_SAYS, error?.message ?? '');
    return response;
  },
};

function errorIn(body: string): z.infer<typeof errorBody>['error'] | undefined {
  try {
    return errorBody.safeParse(JSON.parse(body)).data?.error;
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
  readonly during: 'read' | 'write' | 'write-of-a-date';
}

/**
 * The refusal that an error of the Key Vault client stands for, by its status and inner code. Only `ForbiddenByPolicy` needs
 * the message as well: it stands both for an access policy that lacks a permission and for Azure Policy.
 * @see https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
export function refusalOf(error: unknown, { vault, doing, during }: Call): Refusal {
  if (error instanceof AnswerUnreadable) return { kind: 'unreachable', error };
  if (error instanceof NoToken) return { kind: 'no-token', error };
  const thrown = isRestError(error) ? error : undefined;
  const status = thrown?.statusCode;
  const code = status === undefined ? thrown?.code : thrown?.response?.headers.get(INNER_CODE);
  const refused = new VaultRefused(vault, doing, { status, code }, error);
  switch (status) {
    case 401:
      return { kind: 'unauthenticated', error: refused };
    case 403:
      if (code === 'ForbiddenByFirewall' || code === 'ForbiddenByConnection')
        return { kind: 'forbidden-by-firewall', error: refused };
      return byPolicy(error, during, refused) ?? { kind: 'forbidden-by-permission', error: refused };
    case 429:
      return { kind: 'throttled', error: refused };
    case 503:
      // The answer to a write during a failover is documented nowhere: a 503 to a write counts as read-only.
      return { kind: during === 'read' ? 'unreachable' : 'read-only', error: refused };
    case 400:
      return {
        kind: during === 'write-of-a-date' && code === 'BadParameter' ? 'date-rejected' : 'rejected',
        error: refused,
      };
    case 405:
    case 413:
    case 415:
      return { kind: 'rejected', error: refused };
    default:
      return { kind: 'unreachable', error: refused };
  }
}

/** The sentence about a permission that an access policy lacks: `… does not have keys update permission on key vault …`. */
const LACKS_PERMISSION = /does not have .{0,100} permission/i;

/** The refusal of a write by Azure Policy, which refuses no read. UNCONFIRMED: the text of its message. */
function byPolicy(error: unknown, during: Call['during'], refused: VaultRefused): Refusal | undefined {
  const says = isRestError(error) ? error.response?.headers.get(POLICY_SAYS) : undefined;
  if (says === undefined || during === 'read' || LACKS_PERMISSION.test(says)) return undefined;
  const days = new Set([...says.matchAll(/\b(\d{1,6}) ?days?\b/gi)].map(([, count]) => Number(count)));
  const [longestDays] = days.size === 1 ? days : [];
  return { kind: 'refused-by-policy', error: refused, longestDays };
}
