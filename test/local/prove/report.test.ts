import { describe, expect, it } from 'vitest';
import type { Judged, Verdict } from '../../../local/prove/fact.ts';
import { NotProven } from '../../../local/prove/not-proven.ts';
import { countsLine, type Report, reportPage, throwUnlessProven } from '../../../local/prove/report.ts';
import { answers } from '../../../local/prove/scenes/answers.ts';
import { disable } from '../../../local/prove/scenes/disable.ts';
import { UNPLAIN } from '../../unplain.ts';
import { play, throwAway, VAULT } from './play.ts';

const judged = (id: string, verdict: Verdict): Judged => ({
  id,
  claim: `A claim | of ${id}.`,
  matters: 'all',
  verdict,
});
const held = judged('one', { kind: 'held', observed: '200' });
const wrong = judged('two', { kind: 'did-not-hold', observed: '404' });
const unknown = judged('three', { kind: 'unclear', because: 'wrapping was answered 429' });
const left = judged('four', { kind: 'not-played', because: 'it was not asked for' });

const report = (more: Partial<Report> = {}): Report => ({
  release: { version: '0.1.0', commit: 'f'.repeat(40) },
  at: new Date('2026-03-01T12:00:00Z'),
  tenant: '00000000-0000-4000-8000-000000000009',
  isLocal: false,
  hasGuardian: false,
  facts: [held],
  cleanedUp: { purged: 3, kept: 0, keptUntil: undefined, left: [] },
  stopped: false,
  region: 'westeurope',
  serviceVersion: '1.9',
  tookMs: 190_400,
  ...more,
});

describe('the report of prove', () => {
  it('names release, commit, tenant, region and time, and whose rights were used', () => {
    const page = reportPage(report());
    expect(page).toContain(`| Release | 0.1.0, commit ${'f'.repeat(40)} |`);
    expect(page).toContain('| Tenant | 00000000-0000-4000-8000-000000000009 |');
    expect(page).toContain('| Region | westeurope |');
    expect(page).toContain('| Played | 2026-03-01 12:00:00 UTC, in 190 s |');
    expect(page).toContain('under the rights of the same person: this run had no identity of the guardian');
    expect(page).not.toContain('proves nothing about Azure');
  });

  it('says that a run on the local Azure proves nothing about Azure', () => {
    expect(reportPage(report({ isLocal: true }))).toContain('this report proves nothing about Azure');
  });

  it('says where the commit is unknown', () => {
    expect(reportPage(report({ release: { version: '0.1.0', commit: undefined } }))).toContain('0.1.0, commit unknown');
  });

  it('has a row for each fact, and says what rests on those that did not hold or could not be judged', () => {
    const page = reportPage(report({ facts: [held, wrong, unknown, left] }));
    expect(page).toContain('**1 held, 1 did not hold, 1 unclear, 1 not played.**');
    expect(page).toContain('| held | `one` | A claim \\| of one. | 200 |');
    expect(page).toContain('| **did not hold** | `two` | A claim \\| of two. | 404 |');
    expect(page).toContain('| not played | `four` | A claim \\| of four. | it was not asked for |');
    expect(page.match(/^- `\w+` matters to all\.$/gm)).toEqual([
      '- `two` matters to all.',
      '- `three` matters to all.',
    ]);
  });

  it('names neither the vault, nor a key, nor who ran it', async () => {
    const { azure, at } = throwAway();
    azure.fault({ match: { operation: 'delete' }, answer: { kind: 'conflict' } });
    azure.setGrants('watcher', []);
    const played = await play(at, { scenes: [answers, disable], paging: false });
    const page = reportPage(report({ ...played }));
    const { oid = '', appid = '', upn = '' } = azure.identities.get('attacker') ?? {};
    for (const word of [VAULT, 'key-guardian-prove-', oid, appid, upn]) expect(page).not.toContain(word);
    expect(page).toContain('1 keys may still be there.');
  });

  it('has no word that has to be decoded', () => {
    const page = reportPage(report({ facts: [held, wrong, unknown, left], isLocal: true, stopped: true }));
    expect(page.split('\n').filter((line) => UNPLAIN.test(line))).toEqual([]);
  });
});

describe('a run of prove', () => {
  it.each([
    ['every fact held', report({ facts: [held, left] }), undefined],
    ['a fact did not hold', report({ facts: [held, wrong, unknown] }), 3],
    ['a fact could not be judged', report({ facts: [held, unknown] }), 1],
    ['it was stopped', report({ stopped: true }), 1],
    ['a key may be left', report({ cleanedUp: { purged: 0, kept: 0, keptUntil: undefined, left: ['a'] } }), 1],
  ])('ends with its status where %s', (_, played, status) => {
    const ended = (): unknown => {
      try {
        throwUnlessProven(played);
      } catch (error) {
        return error instanceof NotProven ? error.exitStatus : error;
      }
      return undefined;
    };
    expect(ended()).toBe(status);
  });

  it('names the facts that did not hold and those that could not be judged', () => {
    expect(() => throwUnlessProven(report({ facts: [held, wrong, unknown] }))).toThrow(
      'Did not hold: two.\nUnclear: three.',
    );
    expect(countsLine([])).toBe('0 held, 0 did not hold, 0 unclear, 0 not played');
  });
});
