import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../shared/domain/finding.ts';
import type { KeyRecord, VersionRecord } from '../../../shared/domain/register.ts';
import { isUndated } from '../../../shared/guard/undated.ts';
import { ACTED, approval, inDays, inMs, known, NOW, OPERATIONS, recordOf, V1, V2 } from './situations.ts';

/** What somebody did to a version; when, nobody knows but that it was no later than the date that the vault gives. */
const finding: Finding = {
  rule: 'version-disabled',
  severity: 'critical',
  version: V1,
  since: ACTED,
  act: 'disable',
  stopsDisks: true,
  summary: 'Disabled.',
  remedy: { kind: 'restore', change: { enabled: true } },
};
/** Over before the vault's date, and not when the version was last seen otherwise, a day ago. */
const over = approval({ until: inMs(-60_000) });

interface Case {
  readonly found?: Partial<Finding>;
  readonly of?: Partial<VersionRecord>;
  readonly acts?: KeyRecord['acts'];
  readonly approvals?: readonly ReturnType<typeof approval>[];
  readonly lastPassAt?: Date;
}
const undated = ({ found = {}, of = {}, acts = [], approvals = [over], lastPassAt }: Case): boolean =>
  isUndated(
    { ...finding, ...found },
    { key: 'disk-a', record: recordOf({ [V1]: known(of) }, { acts }), approvals, lastPassAt },
  );

const seen = (more: Partial<NonNullable<VersionRecord['seen']>>): Partial<VersionRecord> => ({
  seen: {
    at: inDays(-1),
    updated: inDays(-2),
    enabled: true,
    operations: [...OPERATIONS],
    inFullAt: inDays(-1),
    verdict: 'good',
    ...more,
  },
});
const told = (oid: string, at: Date, more: Partial<KeyRecord['acts'][number]> = {}): KeyRecord['acts'][number] => ({
  id: `${oid}-${at.toISOString()}`,
  operation: 'KeyUpdate',
  version: V1,
  at,
  by: { oid },
  ...more,
});
const inTime = inMs(-120_000);

describe('an approval covers an act or not, and nobody can say', () => {
  test.each<readonly [says: string, of: Case]>([
    ['when its window was over before the vault’s date and open at the last look', {}],
    ['when its window was over a moment after the last look', { of: seen({ at: inMs(-60_001) }) }],
    ['when its window was over a moment after the last pass', { lastPassAt: inMs(-60_001) }],
    ['when it was bad at the last look and was to be undone', { of: seen({ verdict: 'undo' }) }],
    [
      'when nobody could say at the last look either',
      { of: { undated: ACTED }, approvals: [approval({ acts: ['enable'] })] },
    ],
    ['when a record tells of a fitting act within the window', { acts: [told('anna', inTime)] }],
    ['when one of several records tells of a fitting act', { acts: [told('granter', inTime), told('anna', inTime)] }],
    [
      'when a record that names no version tells of a fitting act',
      { acts: [{ ...told('anna', inTime), version: undefined }] },
    ],
    [
      'when only records of other operations have come',
      { acts: [told('granter', inTime, { operation: 'KeyDelete' })] },
    ],
    ['when only records about other versions have come', { acts: [told('granter', inTime, { version: V2 })] }],
    ['when only records from before the last look have come', { acts: [told('granter', inDays(-1))] }],
  ])('%s', (_says, of) => {
    expect(undated(of)).toBe(true);
  });
});

describe('an act can be dated well enough', () => {
  test.each<readonly [says: string, of: Case]>([
    ['when there is no approval at all', { approvals: [], of: { undated: ACTED } }],
    ['when it is nothing that people could have approved', { found: { act: undefined }, of: { undated: ACTED } }],
    ['when there is nothing to be undone', { found: { remedy: { kind: 'tell' } }, of: { undated: ACTED } }],
    ['when it is about the key as a whole: a deletion has its own date', { found: { version: undefined } }],
    ['when the version was never seen', { of: { seen: undefined, undated: ACTED } }],
    ['when the window was over at the last look', { of: seen({ at: inMs(-60_000) }) }],
    ['when the window was over at the last pass', { lastPassAt: inMs(-60_000) }],
    ['when it was judged and left at the last look', { of: seen({ verdict: 'left' }) }],
    ['when what nobody could date has changed since', { of: { ...seen({ verdict: 'left' }), undated: inDays(-2) } }],
    ['when a record tells of an act after the window', { acts: [told('anna', ACTED)] }],
    ['when a record tells of an act by somebody it was not meant for', { acts: [told('granter', inTime)] }],
    ['when the approval is for another act', { approvals: [approval({ acts: ['expire'], until: NOW })] }],
  ])('%s', (_says, of) => {
    expect(undated(of)).toBe(false);
  });
});
