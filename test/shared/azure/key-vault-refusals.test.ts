import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { describe, expect, test } from 'vitest';
import { isMissing, namedRefusals, refusalOf } from '../../../shared/azure/key-vault-refusals.ts';
import type { Refusal } from '../../../shared/domain/vault.ts';
import { AnswerUnreadable, NoToken } from '../../../shared/errors.ts';

const request = createPipelineRequest({ url: 'https://prod-disks.vault.azure.net/keys/disk-a' });
const of = { vault: 'prod-disks', doing: 'reading disk-a', during: 'read' } as const;
const write = { ...of, doing: 'updating disk-a', during: 'write' } as const;

const dated = { ...write, during: 'write-of-a-date' } as const;

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

  test('of a date is told from that of another parameter', async () => {
    const error = await thrownFor(400, coded('BadParameter'));
    expect(refusalOf(error, dated).kind).toBe('date-rejected');
    expect(refusalOf(await thrownFor(400, coded('NotSupported')), dated).kind).toBe('rejected');
    expect(refusalOf(await thrownFor(503, coded('ServiceUnavailable')), dated).kind).toBe('read-only');
  });

  test.each<readonly [says: string | null, refusal: Partial<Refusal>]>([
    ['A key may be valid for 365 days at most.', { kind: 'refused-by-policy', longestDays: 365 }],
    ['It must end within 1 day.', { kind: 'refused-by-policy', longestDays: 1 }],
    ['It has 400 days; 365 days are allowed.', { kind: 'refused-by-policy', longestDays: undefined }],
    ['A key must have a date.', { kind: 'refused-by-policy', longestDays: undefined }],
    [null, { kind: 'refused-by-policy', longestDays: undefined }],
    [
      "The application 'oid=o' does not have keys update permission on key vault 'prod-disks;location=w'.",
      { kind: 'forbidden-by-permission' },
    ],
  ])('by a policy that says %j is that of Azure Policy, or of an access policy', async (message, refusal) => {
    const body = JSON.stringify({ error: { code: 'Forbidden', message, innererror: { code: 'ForbiddenByPolicy' } } });
    const error = await thrownFor(403, body);
    expect(refusalOf(error, dated)).toMatchObject(refusal);
    expect(refusalOf(error, of).kind).toBe('forbidden-by-permission');
  });

  test('is none where the guardian got no token: nothing was asked', () => {
    const error = new NoToken('the identity watcher', 'no answer within 4 s', undefined);
    expect(refusalOf(error, of)).toEqual({ kind: 'no-token', error });
  });

  test('is none where an answer lacks what the service always gives: it cannot be believed', () => {
    const error = new AnswerUnreadable('disk-a', 'key_ops');
    expect(refusalOf(error, of)).toEqual({ kind: 'unreachable', error });
  });
});

test('a key is missing where the service itself says so, and by no other 404', async () => {
  expect(isMissing(await thrownFor(404, coded('KeyNotFound')))).toBe(true);
});
