import { describe, expect, test } from 'vitest';
import {
  detailLines as detailLinesAt,
  duration,
  firstLine,
  linksOf,
  spellJudgement,
} from '../../../shared/alerts/text.ts';
import { WITHHELD } from '../../../shared/domain/decision.ts';
import type { AlertContent, Incident } from '../../../shared/domain/incident.ts';
import { GUARDIAN, vaultSubject } from '../../../shared/domain/subject.ts';
import { alert, hangs, withoutDeadline } from './alerts.ts';

/** The lines of an alert, 20 s after the act. */
const detailLines = (content: AlertContent): readonly string[] =>
  detailLinesAt(content, new Date('2026-03-01T12:00:20Z'));
const summary = 'Version abc of disk-key in payments is disabled.';
const at = (time: string): Date => new Date(`2026-03-01T${time}Z`);

describe('the first line', () => {
  const restoredAt = at('12:00:29.900');
  const key = 'payments/disk-key';
  const withheld = 'not restored: the policy only alerts, and whoever is on call has to restore it';
  const since = 'since 2026-03-01 13:00:00 UTC';
  const warning = withoutDeadline(alert({ severity: 'warning' }));
  const undoing = alert({ judgement: 'undoing' });
  const changed = alert({ judgement: 'undoing, not done yet: forbidden-by-permission' }, 'changed');
  const over = alert({ restoredAt, state: 'resolved', judgement: 'undone' }, 'resolved');
  const mended = alert({ state: 'resolved', judgement: 'good again' }, 'resolved');
  const named = alert({ restoredAt, state: 'resolved', judgement: 'undone' }, 'changed');
  const atOnce = alert({ restoredAt: at('11:59:59.600'), state: 'resolved', judgement: 'undone' }, 'resolved');
  const nowhere = withoutDeadline(alert({ subject: GUARDIAN, judgement: 'left to people' }));

  const ofSet = withoutDeadline(
    alert({ subject: { kind: 'disk-encryption-set', id: '/subscriptions/s/a/des-a' }, judgement: 'left to people' }),
  );

  test.each([
    [
      'says which key, how long its disks still work, and why nothing is done',
      alert(),
      '12:00:20',
      `critical: ${key}: disks fail in 59 min, at 13:00:00 UTC; ${withheld}: ${summary}`,
    ],
    [
      'says that it is being restored',
      undoing,
      '12:00:20',
      `critical: ${key}: disks fail in 59 min, at 13:00:00 UTC; being restored: ${summary}`,
    ],
    [
      'begins with that it is an update where it is one',
      changed,
      '12:03:00',
      `update: critical: ${key}: disks fail in 57 min, at 13:00:00 UTC; being restored, not done yet: forbidden-by-permission: ${summary}`,
    ],
    [
      'names who works on it',
      alert({ acknowledged: { by: { oid: 'o', name: 'alice<' }, at: at('12:09:00') } }, 'changed'),
      '12:10:00',
      `update: critical: ${key}: disks fail in 50 min, at 13:00:00 UTC; ${withheld}; alice\\u003c works on it: ${summary}`,
    ],
    [
      'names a disk encryption set without its group and subscription',
      ofSet,
      '12:00:20',
      `critical: des-a: nothing fails by this alone; whoever is on call has to act, now: ${summary}`,
    ],
    [
      'says SQL databases where those fail, before any disk',
      alert({ deadline: at('12:30:00'), hangs: { kind: 'disks', says: 'much', databases: true } }),
      '12:00:20',
      `critical: ${key}: SQL databases fail in 29 min, at 12:30:00 UTC; ${withheld}: ${summary}`,
    ],
    [
      'has no deadline where machines under Azure Disk Encryption need it, and says when they do',
      alert({ deadline: undefined, hangs: { kind: 'others', says: 'much', atRestart: true } }),
      '12:00:20',
      `critical: ${key}: machines under Azure Disk Encryption run on, and do not start again without it; ${withheld}: ${summary}`,
    ],
    [
      'begins with that nobody has acknowledged it where it was escalated',
      alert({ escalated: 1 }, 'changed'),
      '12:15:00',
      `nobody has acknowledged this: critical: ${key}: disks fail in 45 min, at 13:00:00 UTC; ${withheld}: ${summary}`,
    ],
    [
      'counts seconds in the last minute',
      alert(),
      '12:59:30',
      `critical: ${key}: disks fail in 30 s, at 13:00:00 UTC; ${withheld}: ${summary}`,
    ],
    [
      'says at the deadline that they may fail',
      alert(),
      '13:00:00',
      `critical: ${key}: disks may be failing for 0 s, ${since}; ${withheld}: ${summary}`,
    ],
    [
      'says how long they may be failing',
      alert(),
      '14:05:00',
      `critical: ${key}: disks may be failing for 1 h 5 min, ${since}; ${withheld}: ${summary}`,
    ],
    [
      'names no deadline where nothing stops working',
      warning,
      '12:00:20',
      `warning: ${key}: nothing fails by this alone; ${withheld}: ${summary}`,
    ],
    [
      'says that it is over, and how soon it was restored',
      over,
      '12:01:00',
      `resolved: ${key}: restored after 29 s, 59 min before disks would have failed; nothing is left to restore: found at 12:00:20 UTC: ${summary}`,
    ],
    [
      'says 0 s where it was restored before the second that the vault wrote for the act',
      atOnce,
      '12:01:00',
      `resolved: ${key}: restored after 0 s, 1 h before disks would have failed; nothing is left to restore: found at 12:00:20 UTC: ${summary}`,
    ],
    [
      'says of what is over, and alerted of again, that it is',
      named,
      '12:05:00',
      `update: resolved: ${key}: restored after 29 s, 59 min before disks would have failed; nothing is left to restore: found at 12:00:20 UTC: ${summary}`,
    ],
    [
      'names no deadline where people mended it',
      mended,
      '12:30:00',
      `resolved: ${key}: good again: found at 12:00:20 UTC: ${summary}`,
    ],
    [
      'names the guardian where it is about that',
      nowhere,
      '12:00:20',
      `critical: Key Guardian: nothing fails by this alone; whoever is on call has to act, now: ${summary}`,
    ],
  ])('%s', (_, message, time, line) => {
    expect(firstLine(message, at(time))).toBe(line);
  });
});

describe('what was done', () => {
  test.each(Object.keys(WITHHELD))('is no code where it was withheld: %s', (because) => {
    const said = spellJudgement(`withheld: ${because}`);
    expect(said).toMatch(/^(not restored|being restored): [a-z ,;-]+$/);
    expect(detailLines(alert({ judgement: `withheld: ${because}` }))).toContain(`done: ${said}`);
  });

  test.each([
    ['undoing', 'being restored'],
    ['undoing, not done yet: throttled', 'being restored, not done yet: throttled'],
    ['closed by owner: it was withheld: hold', 'closed by owner: it was withheld: hold'],
    ['left to people', 'a person has to act'],
    ['approved: 0f0e-1', 'allowed by approval 0f0e-1'],
    ['closed by owner: approved: by all', 'closed by owner: approved: by all'],
  ])('%s is: %s', (judgement, said) => {
    expect(spellJudgement(judgement)).toBe(said);
  });
});

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [3_660_000, '1 h 1 min'],
  [86_399_999, '23 h 59 min'],
  [86_400_000, '1 d'],
  [97_200_000, '1 d 3 h'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

describe('the lines below', () => {
  test('say that machines under Azure Disk Encryption must not be restarted', () => {
    const hangs = { kind: 'others', says: '1 use by Azure Disk Encryption', atRestart: true } as const;
    expect(detailLines(alert({ deadline: undefined, hangs }))[0]).toMatch(/^Do not stop, restart or redeploy/);
    expect(detailLines(alert({ deadline: undefined, hangs: { ...hangs, atRestart: undefined } }))[0]).toMatch(/^what:/);
  });

  test('say what must not be done, what, for whom, where, who, when, what was done and what to do', () => {
    const message = alert({
      who: { oid: '7a', name: 'Mallory', address: '203.0.113.7' },
      restoredAt: at('12:00:29'),
      judgement: 'undone',
      commands: ['key-guardian restore payments/disk-key', 'az login'],
    });
    expect(detailLines(message)).toEqual([
      'Do not stop, restart or redeploy machines on this key: without it they do not start again.',
      'what: version-disabled, for on-call; docs/runbook.md of Key Guardian says more',
      'where: payments/disk-key/abc',
      'who: Mallory (7a) from 203.0.113.7',
      'when: happened 2026-03-01 12:00:00 UTC, detected 2026-03-01 12:00:20 UTC, restored 2026-03-01 12:00:29 UTC, deadline 2026-03-01 13:00:00 UTC',
      'done: restored by the guardian',
      'command: key-guardian restore payments/disk-key',
      'command: az login',
      'incident: incident-1, revision 1',
    ]);
  });

  test('name nobody where the guardian itself is unwell', () => {
    const lines = detailLines(alert({ audience: 'operators', judgement: 'left to people' }));
    expect(lines.filter((line) => /^(who|done): |^Do not/.test(line))).toEqual([
      'done: nothing; an operator has to act, in working hours',
    ]);
  });

  test('say that operators are meant', () => {
    expect(detailLines(alert({ audience: 'operators' }))).toContain(
      'what: version-disabled, for operators; docs/runbook.md of Key Guardian says more',
    );
  });

  test('name the reason where its kind has several', () => {
    expect(detailLines(alert({ kind: 'guardian-blind', reason: 'key-unreadable' }))).toContain(
      'what: guardian-blind (key-unreadable), for on-call; docs/runbook.md of Key Guardian says more',
    );
  });

  test('name neither a deadline nor a command where it is over', () => {
    const lines = detailLines(alert({ state: 'resolved', commands: ['npm run key-guardian -- restore a/b'] }));
    expect(lines.filter((line) => /deadline|^command|^Do not/.test(line))).toEqual([]);
  });

  const hangs: NonNullable<Incident['hangs']> = {
    kind: 'disks',
    says: '1 disk encryption set (2 disks)',
    machines: [
      { id: '/vm/1', name: 'vm-1', power: 'running' },
      { id: '/vm/2', name: 'vm-2', power: 'stopped' },
    ],
  };

  test('name what hangs on it, its machines and where its vault is', () => {
    expect(detailLines(alert({ hangs: { ...hangs, vaultId: '/subscriptions/s/vaults/payments' } }))).toEqual(
      expect.arrayContaining([
        'where: payments/disk-key/abc, https://portal.azure.com/#resource/subscriptions/s/vaults/payments',
        'hangs on it: 1 disk encryption set (2 disks)',
        'machines: vm-1 (running), vm-2 (stopped)',
      ]),
    );
  });

  test.each([
    ['12:59:59', false],
    ['13:00:00', false],
    ['13:00:01', true],
  ])('of what was restored at %s, with a deadline at 13:00:00, name the machines to start: %s', (restored, named) => {
    const lines = detailLines(alert({ state: 'resolved', restoredAt: at(restored), hangs }, 'resolved'));
    expect(lines.includes('may have stopped: start with az vm start --ids /vm/1')).toBe(named);
  });

  test('name a machine to start as a shell takes it, whatever its group is called', () => {
    const id = "/subscriptions/s/resourceGroups/apps (o'ne)/providers/Microsoft.Compute/virtualMachines/web";
    const machines = [{ id, name: 'web', power: 'running' }] as const;
    const restoredAt = at('13:00:01');
    const lines = detailLines(alert({ state: 'resolved', restoredAt, hangs: { ...hangs, machines: [...machines] } }));
    const quoted = "'/subscriptions/s/resourceGroups/apps (o'\\''ne)/providers/Microsoft.Compute/virtualMachines/web'";
    expect(lines).toContain(`may have stopped: start with az vm start --ids ${quoted}`);
  });

  test('say who works on it, and since when', () => {
    const acknowledged = { by: { oid: 'o' }, at: at('12:09:00') };
    const done = 'done: nothing; whoever is on call has to act, now';
    expect(detailLines(alert({ acknowledged, judgement: 'left to people' }))).toContain(
      `${done}; o works on it since 2026-03-01 12:09:00 UTC`,
    );
    expect(detailLines(alert({ acknowledged, judgement: 'left to people', state: 'resolved' }))).toContain(done);
  });

  test.each([
    ['disks', true],
    ['unknown', true],
    ['others', false],
    ['nothing', false],
  ] as const)('say that machines must go on running where what hangs on it is %s: %s', (kind, said) => {
    const lines = detailLines(alert({ hangs: { kind, says: 'it' } }));
    expect(lines.some((line) => line.startsWith('Do not stop'))).toBe(said);
  });

  test('name in one line who did it and what allowed it', () => {
    const who = { oid: '7a', name: 'Mallory', assignment: { id: 'a1', says: 'Key Vault Administrator' } };
    expect(detailLines(alert({ who }))).toContain(
      'who: Mallory (7a), allowed by Key Vault Administrator (role assignment a1)',
    );
  });

  test('are eleven at most: everything that is known, and as many commands as there is room for, at least two', () => {
    const who = { oid: '7a', name: 'Mallory', assignment: { id: 'a1', says: 'Key Vault Administrator' } };
    const commands = ['restore', 'approve', 'close', 'list', 'show'];
    const restoredAt = at('12:00:29');
    const shown = (more: Partial<Incident>) => {
      const lines = detailLines(alert({ commands, ...more }));
      expect(lines.at(-1)).toMatch(/^incident: incident-1, revision 1(; "incident show" has \d more commands?)?$/);
      return [lines.length, lines.filter((line) => line.startsWith('command: ')).length];
    };
    expect(shown({ who, hangs, restoredAt })).toEqual([11, 2]);
    expect(shown({})).toEqual([11, 4]);
    expect(shown({ commands: ['restore'] })).toEqual([8, 1]);
  });

  test('leave out what is not known', () => {
    const lines = detailLines(alert({ subject: vaultSubject('payments') }));
    expect(lines).toContain('where: payments');
    expect(lines).toContain('who: not known yet');
    const until = new Date('2026-03-01T03:07:00Z');
    expect(detailLines(alert({ eventsUntil: until }))).toContain(
      'who: not known yet: audit events of this vault had arrived up to 2026-03-01 03:07:00 UTC',
    );
    expect(detailLines(alert({ eventsUntil: null }))).toContain(
      'who: not known yet: no audit event of this vault had arrived',
    );
    expect(lines.some((line) => line.includes(', restored ') || line.startsWith('command'))).toBe(false);
  });

  test.each([
    ['a line end', 'Mallory\r\ndone: undone'],
    ['a line separator', 'Mallory\u2028done: undone'],
    ['a terminal sequence', 'Mallory\u001b[2Jdone: undone'],
    ['a change of direction', 'Mallory\u202edone: undone'],
  ])('cannot be forged by a name with %s', (_, name) => {
    const message = alert({ who: { oid: '7a', name }, summary: name });
    for (const line of [firstLine(message, at('12:00:00')), ...detailLines(message)]) {
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    expect(detailLines(message)).toHaveLength(detailLines(alert({ who: { oid: '7a', name: 'Mallory' } })).length);
  });

  test('has no link and no markup that is only a name, an id or an address', () => {
    const who = {
      oid: '[7a](https://evil.example)',
      name: 'https://evil.example',
      address: '<https://evil.example|1>',
    };
    const lines = detailLines(alert({ who })).join('\n');
    expect(lines).toContain('who: https\\u003a//evil.example (');
    expect(lines).not.toMatch(/:\/\/|[[\]<>|]/);
  });
});

describe('the links of an alert', () => {
  test('lead to the vault and to each machine', () => {
    expect(linksOf(alert({ hangs }))).toEqual([
      { text: 'Vault payments', href: `https://portal.azure.com/#resource${hangs.vaultId}` },
      { text: 'Machine web-1', href: `https://portal.azure.com/#resource${hangs.machines[0]?.id}` },
      { text: 'Machine web-2', href: `https://portal.azure.com/#resource${hangs.machines[1]?.id}` },
    ]);
  });

  test('are none where nothing is known', () => {
    expect(linksOf(alert())).toEqual([]);
  });

  test('cannot lead elsewhere, whatever a name says', () => {
    const vaultId = '/subscriptions/s1/resourceGroups/a b"><x>/providers/Microsoft.KeyVault/vaults/[payments](https:';
    const [link] = linksOf(alert({ hangs: { ...hangs, machines: [], vaultId } }));
    expect(link?.href).toMatch(/^https:\/\/portal\.azure\.com\/#resource\/subscriptions\/s1\/[^ "<>]+$/);
    expect(link?.text).not.toMatch(/[[\]<>]/);
  });
});
