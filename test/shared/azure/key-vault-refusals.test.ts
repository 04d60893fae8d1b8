import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { describe, expect, test } from 'vitest';
import { isMissing, namedRefusals, refusalOf } from '../../../shared/azure/key-vault-refusals.ts';
import type { Refusal } from '../../../shared/domain/vault.ts';
import { AnswerUnreadable } from '../../../shared/errors.ts';

const request = createPipelineRequest({ url: 'https://prod-disks.vault.azure.net/keys/disk-a' });
const of = { vault: 'prod-disks', doing: 'reading disk-a', during: 'read' } as const;
const write = { ...of, doing: 'updating disk-a', during: 'write' } as const;

/** What the client throws for an answer, after the policy that names refusals has seen it. */
async function thrownFor(status: number, body: string): Promise<RestError> {
  const response = await namedRefusals.sendRequest(request, async () => ({
    request,
    status,
    headers: createHttpHeaders(),
    bodyAsText: body,
  }));
  return new RestError('refused', { statusCode: status, request, response });
}
const coded = (code: string | null, ...inner: readonly string[]): string => {
  const nested = inner
    .toReversed()
    .reduce<object | undefined>((within, name) => ({ code: name, innererror: within }), undefined);
  return JSON.stringify({ error: { code, message: 'no matter', innererror: nested } });
};

describe('a refusal', () => {
  test.each<readonly [status: number, body: string, kind: Refusal['kind'], during: 'read' | 'write']>([
    [400, coded('BadParameter'), 'rejected', 'write'],
    [401, coded('Unauthorized'), 'unauthenticated', 'read'],
    [403, '<html>a proxy</html>', 'forbidden-by-permission', 'read'],
    [403, coded('Forbidden', 'ForbiddenByRbac'), 'forbidden-by-permission', 'read'],
    [403, coded('Forbidden', 'AccessDenied'), 'forbidden-by-permission', 'write'],
    [403, coded('Forbidden', 'ForbiddenByFirewall'), 'forbidden-by-firewall', 'read'],
    [403, coded('Forbidden', 'ForbiddenByConnection'), 'forbidden-by-firewall', 'write'],
    [403, coded(null, 'ForbiddenByFirewall'), 'forbidden-by-firewall', 'read'],
    [403, coded('Forbidden', 'Forbidden', 'ForbiddenByFirewall'), 'forbidden-by-firewall', 'read'],
    [404, '<html>a gateway</html>', 'unreachable', 'read'],
    [404, coded('VaultNotFound'), 'unreachable', 'read'],
    [405, '', 'rejected', 'read'],
    [429, coded('Throttled'), 'throttled', 'read'],
    [500, coded('InternalServerError'), 'unreachable', 'read'],
    [503, coded('ServiceUnavailable'), 'unreachable', 'read'],
    [503, coded('ServiceUnavailable'), 'read-only', 'write'],
  ])('by status %i with %s is %s, of a %4$s', async (status, body, kind, during) => {
    const error = await thrownFor(status, body);
    expect(isMissing(error)).toBe(false);
    expect(refusalOf(error, during === 'write' ? write : of).kind).toBe(kind);
  });

  test('says what was done to what, and what the service answered', async () => {
    const { error } = refusalOf(await thrownFor(403, coded('Forbidden', 'ForbiddenByRbac')), of);
    expect(error.message).toBe('The vault prod-disks answered 403 ForbiddenByRbac, reading disk-a.');
    expect(refusalOf(new Error('connect ECONNREFUSED'), of).error.message).toBe(
      'The vault prod-disks gave no answer, reading disk-a.',
    );
  });

  test('is none where an answer lacks what the service always gives: it cannot be believed', () => {
    const error = new AnswerUnreadable('disk-a', 'key_ops');
    expect(refusalOf(error, of)).toEqual({ kind: 'unreachable', error });
  });
});

test('a key is missing where the service itself says so, and by no other 404', async () => {
  expect(isMissing(await thrownFor(404, coded('KeyNotFound')))).toBe(true);
});
