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
  test.each<readonly [during: 'read' | 'write', status: number, what: string, kind: Refusal['kind'], body: string]>([
    ['write', 400, 'BadParameter', 'rejected', coded('BadParameter')],
    ['read', 401, 'Unauthorized', 'unauthenticated', coded('Unauthorized')],
    ['read', 403, 'the page of a proxy', 'forbidden-by-permission', '<html>a proxy</html>'],
    ['read', 403, 'ForbiddenByRbac', 'forbidden-by-permission', coded('Forbidden', 'ForbiddenByRbac')],
    ['write', 403, 'AccessDenied', 'forbidden-by-permission', coded('Forbidden', 'AccessDenied')],
    ['read', 403, 'ForbiddenByFirewall', 'forbidden-by-firewall', coded('Forbidden', 'ForbiddenByFirewall')],
    ['write', 403, 'ForbiddenByConnection', 'forbidden-by-firewall', coded('Forbidden', 'ForbiddenByConnection')],
    [
      'read',
      403,
      'no code and, within, ForbiddenByFirewall',
      'forbidden-by-firewall',
      coded(null, 'ForbiddenByFirewall'),
    ],
    [
      'read',
      403,
      'ForbiddenByFirewall two levels down',
      'forbidden-by-firewall',
      coded('Forbidden', 'Forbidden', 'ForbiddenByFirewall'),
    ],
    ['read', 404, 'the page of a gateway', 'unreachable', '<html>a gateway</html>'],
    ['read', 404, 'VaultNotFound', 'unreachable', coded('VaultNotFound')],
    ['read', 405, 'no body', 'rejected', ''],
    ['read', 429, 'Throttled', 'throttled', coded('Throttled')],
    ['read', 500, 'InternalServerError', 'unreachable', coded('InternalServerError')],
    ['read', 503, 'ServiceUnavailable', 'unreachable', coded('ServiceUnavailable')],
    ['write', 503, 'ServiceUnavailable', 'read-only', coded('ServiceUnavailable')],
  ])('of a %s by status %i with %s is %s', async (during, status, _what, kind, body) => {
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
    const unknownName = new RestError('getaddrinfo ENOTFOUND', { code: 'ENOTFOUND' });
    expect(refusalOf(unknownName, of).error.message).toBe(
      'The vault prod-disks gave no answer (ENOTFOUND), reading disk-a.',
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
