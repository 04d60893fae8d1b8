import { describe, expect, it } from 'vitest';
import type { Judged } from '../../../local/prove/fact.ts';
import { answers } from '../../../local/prove/scenes/answers.ts';
import { deletion } from '../../../local/prove/scenes/deletion.ts';
import { disable } from '../../../local/prove/scenes/disable.ts';
import { scenes } from '../../../local/prove/scenes/registry.ts';
import { PREFIX } from '../../../local/prove/stage.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { play, tampering, throwAway, VAULT } from './play.ts';

const idsOf = (facts: readonly Judged[], kind: Judged['verdict']['kind']): readonly string[] =>
  facts.filter(({ verdict }) => verdict.kind === kind).map(({ id }) => id);
const written = ({ log }: ReturnType<typeof throwAway>['azure']) => log.filter(({ changed }) => changed);

describe('prove on the local Azure', () => {
  it('finds that every fact holds, under the rights of the deployed roles, and leaves no key', async () => {
    const { azure, at } = throwAway({}, { settleMs: 24 * SECOND_MS });
    const { facts, cleanedUp, stopped } = await play(at);
    expect(idsOf(facts, 'did-not-hold')).toEqual([]);
    expect(idsOf(facts, 'unclear')).toEqual([]);
    expect(idsOf(facts, 'not-played')).toEqual(['purge-protection-refuses-purge']);
    expect(facts.map(({ id }) => id)).toEqual(scenes.flatMap((one) => one.facts.map(({ id }) => id)));
    expect({ ...cleanedUp, purged: 0 }).toEqual({ purged: 0, kept: 0, keptUntil: undefined, left: [] });
    expect(stopped).toBe(false);
    const keys = new Set(azure.log.flatMap(({ key, operation }) => (operation === 'create' ? (key ?? []) : [])));
    expect([...keys].filter((key) => !key.startsWith(PREFIX))).toEqual([]);
    expect([...keys].filter((key) => azure.state(VAULT, key).kind !== 'none')).toEqual([]);
  });

  it('has the guardian’s identities write nothing but updates and recoveries, and ask for what they may not do only to be refused', async () => {
    const { azure, at } = throwAway();
    await play(at, { paging: false });
    const byGuardian = azure.log.filter(({ identity }) => identity === 'watcher' || identity === 'keeper');
    expect(new Set(byGuardian.filter(({ changed }) => changed).map(({ operation }) => operation))).toEqual(
      new Set(['update', 'recover']),
    );
    const attacks = byGuardian.filter(({ operation }) => operation === 'delete' || operation === 'wrapkey');
    expect(attacks.map(({ status }) => status)).toEqual([403, 403]);
  });

  it('says how long deletion and recovery took to settle', async () => {
    const { at } = throwAway({}, { settleMs: 24 * SECOND_MS });
    const { facts } = await play(at, { scenes: [deletion] });
    const observed = Object.fromEntries(facts.map(({ id, verdict }) => [id, verdict]));
    expect(observed['deletion-settles']).toEqual({
      kind: 'held',
      observed: expect.stringMatching(/^read after 2[45]\.\d s, listed after 2[45]\.\d s$/),
    });
    expect(observed['recovery-brings-key-back']).toEqual({
      kind: 'held',
      observed: expect.stringMatching(/^recover: ok; read after 2[45]\.\d s, listed after 2[45]\.\d s$/),
    });
  });

  it('keeps deleted keys under purge protection, and says until when', async () => {
    const { azure, at } = throwAway({ purgeProtection: true });
    const lines: string[] = [];
    const { facts, cleanedUp } = await play(at, { paging: false, say: (line) => lines.push(line) });
    expect(idsOf(facts, 'did-not-hold')).toEqual([]);
    expect(idsOf(facts, 'held')).toContain('purge-protection-refuses-purge');
    expect(idsOf(facts, 'not-played')).toEqual(['purged-key-is-in-neither-list', 'list-of-keys-in-pages']);
    expect(cleanedUp).toMatchObject({ purged: 0, left: [] });
    expect(lines.at(-1)).toBe(
      `  ${cleanedUp.kept} deleted keys stay in the vault until 2026-05-30: they may not be purged.`,
    );
    expect(written(azure).some(({ operation }) => operation === 'purge')).toBe(false);
  });

  it('plays nothing of the guardian’s rights under the person’s rights alone', async () => {
    const { at } = throwAway();
    const { facts } = await play({ ...at, guardian: undefined }, { paging: false });
    expect(idsOf(facts, 'did-not-hold')).toEqual([]);
    expect(idsOf(facts, 'not-played')).toEqual([
      'purge-protection-refuses-purge',
      'read-covers-deleted-keys',
      'guardian-cannot-delete',
      'guardian-cannot-wrap',
      'list-of-keys-in-pages',
    ]);
  });

  it('calls facts unclear where the vault answers what none of them expects, and plays on', async () => {
    const { azure, at } = throwAway();
    azure.fault({ match: { operation: 'wrapkey' }, answer: { kind: 'throttled' }, times: 1 });
    const { facts } = await play(at, { scenes: [disable, answers] });
    expect(idsOf(facts, 'unclear')).toEqual(disable.facts.map(({ id }) => id));
    expect(facts[0]?.verdict).toEqual({ kind: 'unclear', because: 'wrapping was answered 429 Throttled' });
    expect(idsOf(facts, 'held')).toEqual(answers.facts.map(({ id }) => id));
  });

  it('calls facts unclear where a connection breaks', async () => {
    const { azure, at } = throwAway();
    azure.fault({ match: { operation: 'create' }, answer: { kind: 'unreachable' }, times: 1 });
    const { facts } = await play(at, { scenes: [disable] });
    expect(facts[0]?.verdict).toEqual({
      kind: 'unclear',
      because: expect.stringMatching(/^POST was given no answer \(E[A-Z]+\)$/),
    });
  });

  it('cleans up a key whose making was not answered', async () => {
    const { azure, at } = throwAway();
    azure.fault({ match: { operation: 'create' }, answer: { kind: 'lost-answer' }, times: 1 });
    const { cleanedUp } = await play(at, { scenes: [disable] });
    expect(cleanedUp).toMatchObject({ purged: 1, left: [] });
  });

  it('calls it unclear whether a recovery conflicts where the deletion settles at once', async () => {
    const { at } = throwAway({}, { settleMs: 0 });
    const { facts } = await play(at, { scenes: [deletion] });
    expect(idsOf(facts, 'unclear')).toEqual(['recovery-while-deleting-conflicts']);
    expect(idsOf(facts, 'did-not-hold')).toEqual([]);
  });

  it('judges every other fact where a disabled key cannot be read', async () => {
    const { at } = throwAway({}, { disabledKeyRead: 403 });
    const { facts } = await play(at, { paging: false });
    expect(idsOf(facts, 'did-not-hold')).toEqual(['disabled-version-readable']);
    expect(idsOf(facts, 'unclear')).toEqual([]);
  });

  it.each(scenes.map((one, nth) => [one.says, nth] as const))(
    'cleans up where it is stopped during the scene %j',
    async (says, nth) => {
      const { azure, at } = throwAway();
      const stopping = new AbortController();
      let requests = 0;
      const stopped = tampering(at, () => {
        if (isPlaying) requests += 1;
        if (requests === 6) stopping.abort();
      });
      let isPlaying = false;
      const say = (line: string): void => {
        isPlaying ||= line === says;
      };
      const result = await play(stopped, { stop: stopping.signal, say, scenes: scenes.slice(nth) });
      expect(result.cleanedUp.left).toEqual([]);
      const made = new Set(azure.log.flatMap(({ key, operation }) => (operation === 'create' ? (key ?? []) : [])));
      expect([...made].filter((key) => azure.state(VAULT, key).kind !== 'none')).toEqual([]);
      expect(result.stopped).toBe(true);
      expect(result.facts.filter(({ verdict }) => verdict.kind === 'not-played').length).toBeGreaterThan(0);
    },
  );

  it('names keys that it could not delete in ten minutes', async () => {
    const { azure, at } = throwAway();
    azure.fault({ match: { operation: 'delete' }, answer: { kind: 'conflict' } });
    const { cleanedUp, tookMs } = await play(at, { scenes: [disable] });
    expect(cleanedUp).toEqual({
      purged: 0,
      kept: 0,
      keptUntil: undefined,
      left: [expect.stringMatching(/^key-guardian-prove-[0-9a-f]{8}-disable$/)],
    });
    expect(tookMs).toBeGreaterThan(10 * MINUTE_MS);
  });

  it('cleans up where something of its own fails, and throws that', async () => {
    const { azure, at } = throwAway();
    const broken = {
      ...answers,
      async play(stage: Parameters<typeof answers.play>[0]) {
        await disable.play(stage);
        throw new TypeError('a fault of ours');
      },
    };
    await expect(play(at, { scenes: [broken] })).rejects.toThrow('a fault of ours');
    const [made] = azure.log.filter(({ operation }) => operation === 'create');
    expect(azure.state(VAULT, made?.key ?? '').kind).toBe('none');
  });
});

describe('prove refuses, and writes nothing', () => {
  const seconds = Date.UTC(2026, 1, 1) / SECOND_MS;

  it.each([
    ['a key', { keys: [{ name: 'disk-web' }] }, 'disk-web'],
    ['a deleted key', { keys: [{ name: 'disk-old', deletedDate: seconds }] }, 'disk-old'],
    ['many keys', { keys: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ({ name })) }, 'a, b, c, d, e and 2 more'],
    ['a key behind a certificate', { keys: [{ name: 'tls', managed: true }] }, 'tls'],
  ])('where the vault has %s that it did not make', async (_, seed, named) => {
    const { azure, at } = throwAway(seed);
    await expect(play(at)).rejects.toThrow(
      new NotAllowed(
        `The vault ${VAULT} has keys, or deleted keys, that this command did not make: ${named}. Give it a new vault that nothing uses.`,
      ),
    );
    expect(azure.log.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('where the person may not list keys', async () => {
    const { azure, at } = throwAway();
    azure.setGrants('attacker', []);
    await expect(play(at)).rejects.toThrow(
      `The keys of the vault ${VAULT} cannot be listed (forbidden-by-permission, 403 ForbiddenByRbac). You need the role Key Vault Crypto Officer on it.`,
    );
  });

  it('but not where the vault has keys of an earlier run, which stay', async () => {
    const { azure, at } = throwAway({ keys: [{ name: `${PREFIX}0a1b2c3d-disable` }] });
    await play(at, { scenes: [answers] });
    expect(azure.state(VAULT, `${PREFIX}0a1b2c3d-disable`).kind).toBe('present');
  });
});
