import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ApprovableAct, type Approval, approvableActs } from '../../../../shared/domain/approval.ts';
import { type Verdict, WITHHELD } from '../../../../shared/domain/decision.ts';
import { type Hold, holdDuring } from '../../../../shared/domain/hold.ts';
import type { Attributes, ObservedKey, ObservedVersion } from '../../../../shared/domain/key.ts';
import { type AuditEvent, differenceKey, type KeyRecord, type Standing } from '../../../../shared/domain/register.ts';
import { later } from '../../../../shared/domain/time.ts';
import { actIncidents } from '../../../../shared/guard/keys/audit-events.ts';
import { decide, type Given, type KeyDecision } from '../../../../shared/guard/keys/decide.ts';
import { withChanges } from '../../../../shared/register/changes.ts';
import {
  approval,
  approved,
  DETAIL,
  given,
  hold,
  inDays,
  known,
  lastObserved,
  NOW,
  OPERATIONS,
  POLICY,
  present,
  recordOf,
  shown,
  V1,
  V2,
} from './situations.ts';

/** Holds `docs/decision-table.md` to `decide`: each row is made from its cells, decided, and written as its last cell is. */

const ID = { vault: 'prod-disks', key: 'disk-a' };
const COLUMNS = [
  'State observed',
  'Approved',
  'Approval’s window',
  'Last good sweep',
  'Audit records',
  'Hold',
  'Mode',
  'Decision',
];
const NONE = '—';

/** What fails where a cell is in no words that this test knows. */
const notUnderstood = (column: string, cell: string): never => {
  throw new Error(`The cell “${cell}” of ${column} is not understood: use the words of the page, or teach them here.`);
};
const oneOf = <T>(column: string, words: Readonly<Record<string, T>>, cell: string): T =>
  Object.hasOwn(words, cell) ? (words[cell] ?? notUnderstood(column, cell)) : notUnderstood(column, cell);

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000 };
const MINUTE_MS = 60_000;
/** A length of time as the page writes it: `30 s`, `10 min`, `2 h`. In ms. */
function spanMs(column: string, text: string): number {
  const [, count, unit = ''] = /^(\d+) (s|min|h)$/.exec(text) ?? notUnderstood(column, text);
  return Number(count) * (UNIT_MS[unit] ?? Number.NaN);
}
const before = (ms: number): Date => later(NOW, -ms);

/** What a version is shown as, or approved as, beside what is in order. */
const ATTRIBUTES: Readonly<Record<string, Partial<Attributes>>> = {
  'as approved': {},
  enabled: {},
  'no expiry': {},
  disabled: { enabled: false },
  'not before tomorrow': { notBefore: inDays(1) },
  'expiry yesterday': { expiresOn: inDays(-1) },
  'expiry tomorrow': { expiresOn: inDays(1) },
  'expiry in 40 days': { expiresOn: inDays(40) },
  'expiry in a year': { expiresOn: inDays(365) },
  'wrapKey removed': { operations: OPERATIONS.filter((operation) => operation !== 'wrapKey') },
  'disabled and expiry tomorrow': { enabled: false, expiresOn: inDays(1) },
  'disabled, behind a certificate': { enabled: false },
  'disabled for the third time within an hour': { enabled: false },
};

const versionOf = ({ operations = [...OPERATIONS], ...more }: Partial<Attributes>): Partial<ObservedVersion> => ({
  ...more,
  detail: { ...DETAIL, operations },
});
const newVersion = (more: Partial<ObservedVersion>): ObservedVersion =>
  shown({ version: V2, detail: { ...DETAIL, fingerprint: 'f2' }, ...more });

interface State {
  readonly observed: ObservedKey;
  /** When it came to be. */
  readonly at: Date;
  readonly inFlight?: Partial<KeyRecord['inFlight']>;
  /** Set where an inspection a minute later found it: the version as it was shown then, or the key as a whole. */
  readonly found?: { readonly act: ApprovableAct; readonly shown: Partial<Attributes> | undefined };
}

/** What the vault shows. */
function stateOf(cell: string): State {
  const [, what = '', ago, isFound] = /^(.+?)(?: (\d+ (?:s|min|h)) ago)?(, found then)?$/.exec(cell) ?? [];
  if (isFound !== undefined && what !== 'disabled' && what !== 'deleted') notUnderstood('State observed', cell);
  // A recovery has a time of its own in its cell.
  const isRecovering = cell.startsWith('deleted, its recovery begun ');
  const at = before(ago === undefined || isRecovering ? 30_000 : spanMs('State observed', ago));
  if (isRecovering) {
    const since = before(spanMs('State observed', ago ?? ''));
    return { observed: deletedAt(at), at, inFlight: { recovering: { since, deletedOn: at } } };
  }
  switch (what) {
    case 'deleted':
      return {
        observed: deletedAt(at),
        at,
        ...(isFound === undefined ? {} : { found: { act: 'delete', shown: undefined } }),
      };
    case 'in neither list':
      return { observed: { kind: 'absent' }, at };
    case 'another key of its name':
      return { observed: present(newVersion({ created: at, updated: at })), at };
    case 'a new version, good':
    case 'a new version, imported':
      return { observed: present(newVersion({ created: at, updated: at }), shown()), at };
    case 'a new version, disabled':
      return { observed: present(newVersion({ created: at, updated: at, enabled: false }), shown()), at };
    default: {
      const attributes = oneOf('State observed', ATTRIBUTES, what);
      const isManaged = what.endsWith('behind a certificate');
      const version = shown({ updated: at, ...versionOf(attributes) });
      const undone = [20, 10].map((minutes) => ({
        version: V1,
        since: before((minutes + 1) * MINUTE_MS),
        at: before(minutes * MINUTE_MS),
      }));
      return {
        observed: { kind: 'present', managed: isManaged, current: V1, versions: [version] },
        at,
        ...(what.includes('third time')
          ? { inFlight: { undone: [...undone, { version: V1, since: before(90_000), at: before(85_000) }] } }
          : {}),
        ...(isFound === undefined ? {} : { found: { act: 'disable', shown: attributes } }),
      };
    }
  }
}

const deletedAt = (deletedOn: Date): ObservedKey => ({
  kind: 'deleted',
  managed: false,
  deletedOn,
  scheduledPurgeOn: later(deletedOn, 90 * 24 * 60 * MINUTE_MS),
});

/** What the register holds of the version, and of the key. @param at when what is observed came to be */
function approvedOf(cell: string, at: Date): Pick<KeyRecord['approved'], 'versions' | 'standing'> {
  const deletion = (deletedOn: Date): Standing => ({
    kind: 'deletion-approved',
    approval: 'approval-0',
    deletedOn,
    scheduledPurgeOn: later(deletedOn, 90 * 24 * 60 * MINUTE_MS),
  });
  const standings: Readonly<Record<string, Standing>> = {
    'its deletion': deletion(before(30_000)),
    'an earlier deletion': deletion(later(at, -24 * 60 * MINUTE_MS)),
    abandoned: { kind: 'abandoned', at: before(10 * MINUTE_MS), by: 'anna', because: 'it is gone' },
  };
  const standing = standings[cell];
  if (standing !== undefined) return { versions: { [V1]: known() }, standing };
  const attributes = cell === 'known only' ? undefined : approved(oneOf('Approved', ATTRIBUTES, cell));
  return { versions: { [V1]: known({ attributes }) }, standing: { kind: 'kept' } };
}

/** The approval, if there is one. */
function approvalsOf(cell: string): readonly Approval[] {
  if (cell === NONE) return [];
  const [, window = '', forWhat] = /^(.+?)(?:, for (.+))?$/.exec(cell) ?? [];
  const column = 'Approval’s window';
  const person = (oid: string, at = before(3 * 60 * MINUTE_MS)) => ({ by: { oid }, at });
  const whole: Approval = approval({
    version: '*',
    acts: [...approvableActs],
    from: before(2 * 60 * MINUTE_MS),
    until: later(NOW, 60 * MINUTE_MS),
    asked: person('asker'),
    granted: person('granter'),
  });
  const meant =
    forWhat === undefined
      ? {}
      : oneOf<Partial<Approval>>(
          column,
          {
            anna: { by: 'anna' },
            'another key': { key: 'disk-b' },
            'another version': { version: V2 },
            'another act': { acts: approvableActs.filter((act) => act !== 'disable') },
            'disabling only': { acts: ['disable'] },
          },
          forWhat,
        );
  return [{ ...whole, ...meant, ...windowOf(window) }];

  function windowOf(text: string): Partial<Approval> {
    const [, how, span] = /^(over|withdrawn|opens in) (\d+ (?:s|min|h))(?: ago)?$/.exec(text) ?? [];
    switch (how) {
      case 'over':
        return { until: before(spanMs(column, span ?? '')) };
      case 'withdrawn':
        return { withdrawn: person('granter', before(spanMs(column, span ?? ''))) };
      case 'opens in':
        return { from: later(NOW, spanMs(column, span ?? '')) };
      default:
        return oneOf<Partial<Approval>>(
          column,
          {
            open: {},
            'asked only': { granted: undefined },
            'granted by the asker': { granted: person('asker') },
            'withdrawn before it opened': { from: before(40_000), withdrawn: person('granter', before(50_000)) },
          },
          text,
        );
    }
  }
}

/** When the last good sweep showed it otherwise. */
function sweptOf(cell: string): Date | undefined {
  if (cell === 'never') return undefined;
  const [, span] = /^(.+) ago$/.exec(cell) ?? notUnderstood('Last good sweep', cell);
  return before(spanMs('Last good sweep', span ?? ''));
}

/** What the audit log says of it. */
function eventsOf(cell: string, { observed, at }: State): readonly AuditEvent[] {
  if (cell === NONE) return [];
  const [, what = 'did', who = ''] =
    /^(?:(imported|purged) )?by (.+)$/.exec(cell) ?? notUnderstood('Audit records', cell);
  const oid = oneOf(
    'Audit records',
    { anna: 'anna', mallory: 'mallory', 'the granter': 'granter', 'nobody known': 'unknown' },
    who,
  );
  const onVersion = observed.kind === 'present';
  const operation = oneOf(
    'Audit records',
    { did: onVersion ? 'KeyUpdate' : 'KeyDelete', imported: 'KeyImport', purged: 'KeyPurge' },
    what,
  );
  const version = what === 'imported' ? V2 : V1;
  return [{ id: 'record-1', operation, at, by: { oid }, ...(onVersion ? { version } : {}) }];
}

/** The hold, if there is one. */
function holdsOf(cell: string): readonly Hold[] {
  if (cell === NONE) return [];
  const set = (end: Date, more: Partial<Hold> = {}): Hold =>
    hold({ from: later(end, -60 * MINUTE_MS), until: end, ...more });
  if (cell === 'in force') return [hold()];
  if (cell === 'in force on another key') return [hold({ key: 'disk-b' })];
  const [, span = '', settled] =
    /^over (\d+ (?:s|min|h)) ago(?:, settled: (undo|accept))?$/.exec(cell) ?? notUnderstood('Hold', cell);
  if (settled !== 'undo' && settled !== 'accept') return [set(before(spanMs('Hold', span)))];
  return [set(before(spanMs('Hold', span)), { settled: { by: { oid: 'responder' }, at: NOW, as: settled } })];
}

/** Mode, baseline, and since when the key is in `block`. */
function modeOf(cell: string): Pick<Given, 'policy' | 'baselineAccepted' | 'blockSince'> {
  const [, mode, span, waiting] =
    /^(block|alert)(?: for (\d+ (?:s|min|h)))?(, no baseline accepted)?$/.exec(cell) ?? notUnderstood('Mode', cell);
  return {
    policy: { ...POLICY, mode: mode === 'alert' ? 'alert' : 'block' },
    baselineAccepted: waiting === undefined,
    blockSince: span === undefined ? undefined : before(spanMs('Mode', span)),
  };
}

type Row = readonly [
  state: string,
  approved: string,
  window: string,
  swept: string,
  records: string,
  held: string,
  mode: string,
  decision: string,
];

/** Everything that a row says a decision rests on. */
function givenOf([stateCell, approvedCell, windowCell, sweptCell, recordsCell, holdCell, modeCell]: Row): Given {
  const state = stateOf(stateCell);
  const { observed, at, found } = state;
  const { versions, standing } = approvedOf(approvedCell, at);
  const otherwiseAt = sweptOf(sweptCell);
  const holds = holdsOf(holdCell);
  const events = eventsOf(recordsCell, state);
  const purge = events.find(({ operation }) => operation === 'KeyPurge');
  const { operations, ...asApproved } = versions[V1]?.attributes ?? approved();
  const firstObservedAt = later(at, MINUTE_MS);
  const under = found && holdDuring(holds, ID, otherwiseAt ?? firstObservedAt, firstObservedAt);
  const last = lastObserved({
    ...asApproved,
    operations,
    at: otherwiseAt ?? NOW,
    inFullAt: otherwiseAt ?? NOW,
    // Of a key that was deleted nothing more was observed.
    ...(found?.shown === undefined ? {} : { ...found.shown, at: firstObservedAt, updated: at }),
  });
  const difference = { since: at, otherwiseAt, firstObservedAt, ...(under === undefined ? {} : { hold: under.id }) };
  return given({
    observed,
    record: recordOf(versions, {
      approved: { standing },
      observed: {
        versions: otherwiseAt === undefined ? {} : { [V1]: last },
        differing:
          found === undefined
            ? {}
            : { [differenceKey(found.act === 'delete' ? undefined : V1, found.act)]: difference },
        absentSince: observed.kind === 'absent' ? at : undefined,
      },
      inFlight: state.inFlight ?? {},
      audit: { events: [...events], ...(purge === undefined ? {} : { purged: { at: purge.at, by: purge.by } }) },
    }),
    approvals: approvalsOf(windowCell),
    holds,
    sweptOtherwiseAt: otherwiseAt,
    ...modeOf(modeCell),
  });
}

const WRITES: Readonly<Record<string, string>> = {
  enabled: 'enabled',
  notBefore: 'not before',
  expiresOn: 'expiry',
  operations: 'operations',
};

const verdictOf = (verdict: Verdict, rule: string): string | undefined => {
  switch (verdict.kind) {
    case 'undo':
      return undefined; // as an action: one write undoes several findings
    case 'withheld':
      return `withheld: ${verdict.because}`;
    case 'left-to-people':
      return `alert: ${rule}`;
    case 'approved':
    case 'settling':
    case 'keep-schedule':
      return verdict.kind;
    default:
      return verdict satisfies never;
  }
};

/** A decision in the words of the page. */
function decisionOf(of: Given, { judgements, actions, changes, inspectAgainInSeconds }: KeyDecision): string {
  const said = judgements.flatMap(({ verdict, finding }) => verdictOf(verdict, finding.rule) ?? []);
  const undone = actions.map((action) => {
    const what = action.kind === 'recover-key' ? ['recover'] : Object.keys(action.change).map((name) => WRITES[name]);
    return `undo: ${what.join(', ')}`;
  });
  const adopted = changes.some((change) => change.kind === 'approve-version' && change.consumed === undefined);
  const all = [...new Set([...said, ...undone, ...(adopted ? ['adopted'] : [])])];
  const record = withChanges(of.record, changes);
  const hints = of.record.audit.events.map(({ id, ...event }) => ({
    id,
    sense: 'audit-log' as const,
    sensedAt: NOW,
    says: { kind: 'act' as const, ...event },
  }));
  const incidents = actIncidents(ID, hints, record, of.approvals, false).map(({ draft }) => ` + ${draft.kind}`);
  const again = inspectAgainInSeconds === undefined ? '' : `, again in ${inspectAgainInSeconds} s`;
  return `${all.length === 0 ? 'nothing' : all.join('; ')}${incidents.join('')}${again}`;
}

const page = readFileSync(new URL('../../../../docs/decision-table.md', import.meta.url), 'utf8');
const lines = page.split('\n').filter((line) => line.startsWith('|'));
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const [head = '', , ...body] = lines;
const rows: readonly (readonly string[])[] = body.map(cellsOf);
const isRow = (cells: readonly string[]): cells is Row => cells.length === COLUMNS.length;

describe('the decision table', () => {
  test('has the columns that its page explains, and one cell for each in every row', () => {
    expect(cellsOf(head).map((name) => name.replace("'", '’'))).toEqual(COLUMNS);
    expect(rows.filter((cells) => !isRow(cells))).toEqual([]);
    for (const column of COLUMNS) expect(page.replaceAll("'", '’')).toContain(`- **${column}**`);
  });

  test.each(Object.keys(WITHHELD))('says what %s means, and has a row for it', (reason) => {
    expect(page).toContain(`\`${reason}\``);
    expect(rows.filter((cells) => cells.at(-1)?.includes(`withheld: ${reason}`))).not.toEqual([]);
  });

  test('says nothing twice', () => {
    const said = rows.map((cells) => cells.slice(0, -1).join(' | '));
    expect(said.filter((row, place) => said.indexOf(row) !== place)).toEqual([]);
  });

  test.each(rows.filter(isRow).map((cells) => [cells.join(' | '), cells] as const))('%s', (_says, row) => {
    const of = givenOf(row);
    expect(decisionOf(of, decide(of))).toBe(row.at(-1));
  });

  test.each<readonly [what: string, column: string, cells: Row]>([
    ['a state', 'State observed', ['melted', 'enabled', '—', 'never', '—', '—', 'block', 'nothing']],
    [
      'what was found',
      'State observed',
      ['enabled 1 h ago, found then', 'enabled', '—', 'never', '—', '—', 'block', 'nothing'],
    ],
    ['what is approved', 'Approved', ['disabled', 'melted', '—', 'never', '—', '—', 'block', 'nothing']],
    ['a window', 'Approval’s window', ['disabled', 'enabled', 'ajar', 'never', '—', '—', 'block', 'nothing']],
    ['whom it is for', 'Approval’s window', ['disabled', 'enabled', 'open, for bob', 'never', '—', '—', 'block', 'x']],
    ['a sweep', 'Last good sweep', ['disabled', 'enabled', '—', 'lately', '—', '—', 'block', 'nothing']],
    ['a record', 'Audit records', ['disabled', 'enabled', '—', 'never', 'by bob', '—', 'block', 'nothing']],
    ['a hold', 'Hold', ['disabled', 'enabled', '—', 'never', '—', 'loose', 'block', 'nothing']],
    ['a mode', 'Mode', ['disabled', 'enabled', '—', 'never', '—', '—', 'blok', 'nothing']],
  ])('fails for %s that nobody explained', (_what, column, cells) => {
    expect(() => givenOf(cells)).toThrow(`of ${column} is not understood`);
  });
});
