import { describe, expect, it, test } from 'vitest';
import type { Behaviours, SeedVault } from '../../../../local/azure/types.ts';
import { scenes } from '../../../../local/prove/scenes/registry.ts';
import { SECOND_MS } from '../../../../shared/domain/time.ts';
import { sourcesIn } from '../../../source.ts';
import { UNPLAIN } from '../../../unplain.ts';
import { attacker } from '../../azure/requests.ts';
import { answer, type Body, changed, play, type Tampered, tampering, throwAway } from '../play.ts';

const facts = scenes.flatMap((scene) => scene.facts);

describe('the scenes', () => {
  it('are one file each', () => {
    expect(sourcesIn('local/prove/scenes')).toHaveLength(scenes.length + 1);
  });

  test.each(facts.map((fact) => [fact.id, fact] as const))(
    'have of %s a claim in one plain sentence, what rests on it, and a public source if any',
    (id, { claim, matters, source }) => {
      expect(facts.filter((other) => other.id === id)).toHaveLength(1);
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(claim).toMatch(/^[A-Z][^.]*(\.\d[^.]*)*\.$/);
      expect(matters).toMatch(/^[a-z].*[^.]$/);
      expect(source ?? 'https://learn.microsoft.com/').toMatch(
        /^https:\/\/(learn\.microsoft\.com|github\.com\/[\w-]+\/[\w-]+\/(issues|pull))\//,
      );
      for (const sentence of [claim, matters]) expect(sentence).not.toMatch(UNPLAIN);
    },
  );
});

/** A service that differs from what the project believes. */
interface Otherwise {
  readonly behaviours?: Partial<Behaviours>;
  readonly seed?: Partial<SeedVault>;
  /** The guardian's identities may do everything. */
  readonly guardianMayAll?: true;
  readonly tamper?: (answer: Tampered) => void;
}

const forbidden = { error: { code: 'Forbidden', message: 'made up' } };
const ofVersion = /^\/keys\/[^/]+\/[0-9a-f]{32}$/;
const ofVersions = /^\/keys\/[^/]+\/versions$/;
const withAttributes = (body: Body, more: Body['attributes']): Body => ({
  ...body,
  attributes: { ...body.attributes, ...more },
});
const eachItem =
  (change: (item: Body) => Body) =>
  (body: Body): Body => ({ ...body, value: (body.value ?? []).map(change) });

/** Unwraps, or wraps, whatever the state of the version. */
const always =
  (operation: 'wrapkey' | 'unwrapkey') =>
  ({ path, response }: Tampered): void => {
    if (path.endsWith(`/${operation}`)) answer(response, 200, { value: 'AAAA' });
  };
const unwrapRefused: Otherwise = {
  tamper: ({ path, response }) => {
    if (path.endsWith('/unwrapkey')) answer(response, 403, forbidden);
  },
};
const inReadsOfVersions = (change: (body: Body) => Body): Otherwise => ({
  tamper: ({ method, path, response }) => {
    if (method === 'GET' && ofVersion.test(path)) changed(response, change);
  },
});
const inListsOfVersions = (change: (body: Body) => Body): Otherwise => ({
  tamper: ({ path, response }) => {
    if (ofVersions.test(path)) changed(response, change);
  },
});
const inListsOfKeys = (change: (body: Body) => Body): Otherwise => ({
  tamper: ({ path, response }) => {
    if (path === '/keys') changed(response, change);
  },
});
const inUpdates = (change: (body: Body) => Body): Otherwise => ({
  tamper: ({ method, response }) => {
    if (method === 'PATCH') changed(response, change);
  },
});
const whereKeyIsMissing = (suffix: RegExp, status: number, body: unknown): Otherwise => ({
  tamper: ({ path, response }) => {
    if (suffix.test(path) && response.status !== 401) answer(response, status, body);
  },
});
const movedBy = (seconds: number) => (body: Body) =>
  withAttributes(body, { updated: Number(body.attributes?.updated) + seconds });
const without =
  (date: 'exp' | 'nbf') =>
  (body: Body): Body =>
    withAttributes(body, { [date]: undefined });

/** Lists the last key that was made, whatever has become of it. */
function listThatStays(): Otherwise {
  let last: Body | undefined;
  return {
    tamper: ({ path, response }) => {
      const [, made] = /^(\/keys\/[^/]+)\/create$/.exec(path) ?? [];
      if (made !== undefined)
        changed(response, (body) => {
          last = { kid: `https://kv-throw-away.vault.azure.net${made}`, attributes: { ...body.attributes } };
          return body;
        });
      if (path === '/keys') changed(response, () => ({ value: last === undefined ? [] : [last], nextLink: null }));
    },
  };
}

/** For each fact a service of which it is not true. */
const otherwise: Readonly<Record<string, Otherwise>> = {
  'challenge-without-token': {
    tamper: ({ authorization, isPlain, response }) => {
      if (authorization === '' && isPlain) response.headers.set('www-authenticate', 'Bearer');
    },
  },
  'missing-key-not-found': whereKeyIsMissing(/^\/keys\/[^/]+-never\/?$/, 404, { error: { code: 'NotFound' } }),
  'missing-key-without-versions': whereKeyIsMissing(/-never\/versions$/, 403, forbidden),
  'missing-deleted-key-not-found': whereKeyIsMissing(/^\/deletedkeys\/[^/]+-never$/, 404, {
    error: { code: 'NotFound' },
  }),
  'new-key-listed': inListsOfKeys((body) => ({ ...body, value: [] })),
  'lists-without-operations': inListsOfKeys(eachItem((item) => ({ ...item, key_ops: ['wrapKey'] }))),
  'disabled-version-refuses-unwrap': { tamper: always('unwrapkey') },
  'disabled-version-listed': inListsOfKeys(eachItem((item) => withAttributes(item, { enabled: true }))),
  'disabled-version-readable': { behaviours: { disabledKeyRead: 403 } },
  'disabling-moves-updated': inUpdates((body) => withAttributes(body, { updated: body.attributes?.created })),
  'updated-near-answer': inUpdates(movedBy(5)),
  'enabling-undoes-disabling': unwrapRefused,
  'update-leaves-the-rest': inReadsOfVersions((body) => ({ ...body, tags: {} })),
  'unchanged-update-leaves-updated': { behaviours: { unchangedMovesUpdated: true } },
  'older-api-version-writes': {
    tamper: ({ query, response }) => {
      if (query.get('api-version') === '7.0') answer(response, 400, { error: { code: 'BadParameter' } });
    },
  },
  'removed-operations-refuse': { tamper: always('wrapkey') },
  'operations-move-updated': { behaviours: { operationsMoveUpdated: false } },
  'operations-restored': unwrapRefused,
  'expired-version-refuses-wrap': { tamper: always('wrapkey') },
  'expired-version-unwraps': unwrapRefused,
  'expiry-not-removed': inReadsOfVersions(without('exp')),
  'expiry-ten-years-ahead': inReadsOfVersions(without('exp')),
  'expiry-after-2038': inReadsOfVersions((body) => withAttributes(body, { exp: 2_147_483_647 })),
  'not-yet-valid-version-refuses-wrap': { tamper: always('wrapkey') },
  'not-yet-valid-version-unwraps': unwrapRefused,
  'not-before-not-removed': inReadsOfVersions(without('nbf')),
  'not-before-moved-back': inReadsOfVersions(without('nbf')),
  'rotation-makes-a-version': inReadsOfVersions((body) => withAttributes(body, { enabled: false })),
  'newest-version-is-current': inListsOfVersions(
    eachItem((item) => withAttributes(item, { created: 4_000_000_000 - Number(item.attributes?.created) })),
  ),
  'older-version-not-in-list-of-keys': inListsOfVersions(eachItem((item) => withAttributes(item, { enabled: true }))),
  'older-version-restored': inListsOfVersions(eachItem((item) => withAttributes(item, { enabled: false }))),
  'pages-are-linked': inListsOfVersions((body) => ({ ...body, nextLink: null })),
  'deleted-key-refuses-unwrap': { tamper: always('unwrapkey') },
  'deleted-key-leaves-list': listThatStays(),
  'recovery-while-deleting-conflicts': {
    tamper: ({ path, response, nth }) => {
      if (path.endsWith('/recover') && nth === 1) answer(response, 404, { error: { code: 'KeyNotFound' } });
    },
  },
  'deletion-settles': { behaviours: { settleMs: 90 * SECOND_MS } },
  'deleted-name-is-taken': {
    tamper: ({ path, body, response }) => {
      if (path.endsWith('/create') && !body.includes('key_ops')) answer(response, 200, {});
    },
  },
  'recovery-brings-key-back': {
    tamper: ({ path, response }) => {
      if (path.endsWith('/recover')) answer(response, 403, forbidden);
    },
  },
  'recovery-brings-versions-back': inListsOfVersions(eachItem((item) => withAttributes(item, { enabled: true }))),
  'recovery-leaves-updated': inListsOfVersions(eachItem(movedBy(1))),
  'recovered-key-takes-writes': { behaviours: { writesSettleMs: 10 * SECOND_MS } },
  'recovered-key-unwraps': unwrapRefused,
  'rotation-policy-survives': {
    tamper: ({ method, path, response, nth }) => {
      if (method === 'GET' && path.endsWith('/rotationpolicy') && nth > 1)
        changed(response, (body) => ({ ...body, lifetimeActions: [] }));
    },
  },
  'purge-protection-refuses-purge': {
    seed: { purgeProtection: true },
    tamper: ({ method, path, response }) => {
      if (method === 'DELETE' && path.startsWith('/deletedkeys/')) answer(response, 204, undefined);
    },
  },
  'purged-key-is-in-neither-list': {
    tamper: ({ method, path, response }) => {
      if (method === 'DELETE' && path.startsWith('/deletedkeys/')) answer(response, 202, undefined);
    },
  },
  'read-covers-deleted-keys': {
    tamper: ({ path, authorization, response }) => {
      if (path === '/deletedkeys' && authorization !== '' && !isPersons(authorization))
        answer(response, 403, forbidden);
    },
  },
  'guardian-cannot-delete': { guardianMayAll: true },
  'guardian-cannot-wrap': { guardianMayAll: true },
  'list-of-keys-in-pages': inListsOfKeys((body) => ({ ...body, nextLink: null })),
};

/** Whether a token is the person's, by whom it names. */
function isPersons(authorization: string): boolean {
  const payload = Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString('utf8');
  return payload.includes('"idtyp":"user"');
}

describe('a fact does not hold', () => {
  it('in a service that is made up for each of them', () => {
    expect(Object.keys(otherwise).toSorted()).toEqual(facts.map(({ id }) => id).toSorted());
  });

  test.each(Object.entries(otherwise))('where the service is otherwise: %s', async (id, other) => {
    const { azure, at } = throwAway(other.seed, other.behaviours);
    if (other.guardianMayAll) for (const name of ['watcher', 'keeper']) azure.setGrants(name, attacker.grants);
    const result = await play(tampering(at, other.tamper ?? (() => {})), {
      scenes: scenes.filter((scene) => scene.facts.some((fact) => fact.id === id)),
    });
    expect(result.facts.find((fact) => fact.id === id)?.verdict).toEqual({
      kind: 'did-not-hold',
      observed: expect.stringMatching(/\S/),
    });
  });
});
