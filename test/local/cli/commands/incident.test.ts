import { afterEach, describe, expect, it } from 'vitest';
import type { Incident } from '../../../../shared/domain/incident.ts';
import { vaultSubject } from '../../../../shared/domain/subject.ts';
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from '../../../../shared/domain/time.ts';
import { type IncidentDraft, incidentId } from '../../../../shared/incidents/draft.ts';
import { guardianBlind } from '../../../../shared/incidents/kinds/guardian-blind.ts';
import { purgeAttempted } from '../../../../shared/incidents/kinds/purge-attempted.ts';
import { changeIncident, openIncident, readIncidents, resolveIncident } from '../../../../shared/incidents/store.ts';
import { commandLine } from '../command-line.ts';

const { folder, host, running, swept, as, done, refused } = commandLine();

const BY = { oid: '0f0e0d0c-0000-4000-8000-000000000002', name: 'mallory@contoso.example' };
const TDE = { vault: 'contoso-sql', key: 'tde' };
const purge = (at = new Date()) => purgeAttempted.draft(TDE, BY, at, 403);
const typed = (...words: readonly string[]) => ['npm run key-guardian --', '--folder', folder(), ...words].join(' ');

const open = async (draft: IncidentDraft): Promise<string> => {
  await openIncident(draft, running().guardian.ports);
  return incidentId(draft);
};
const found = async (id: string) => {
  const { stored } = await readIncidents(running().guardian.ports);
  const one = stored.find(({ value }) => value.id === id);
  if (one === undefined) throw new Error(`There is no incident ${id}.`);
  return one;
};
const of = async (id: string): Promise<Incident> => (await found(id)).value;
afterEach(async () => {
  // An alert that is still to be sent brings its incident's row back.
  await host().idle();
  const { incidents } = running().guardian.ports.tables;
  for (const stored of (await incidents.list()).stored) await incidents.remove(stored);
});

describe('incident list', () => {
  it('says that there is none', async () => {
    expect(await done('incident', 'list')).toBe('Open: none\nResolved within 24 h: none');
  });

  it('lists what is open, and what is over within a day, an attack that was undone among it', async () => {
    await as('attacker').disable('contoso-disks', 'disk-web');
    await swept();
    const id = await open(purge());
    const said = (await done('incident', 'list')).split('\n');
    expect(said).toEqual([
      'Open:',
      expect.stringMatching(
        new RegExp(
          `^  critical  purge-attempted  contoso-sql/tde  since [-\\d: ]+ UTC  a person has to act  by mallory@contoso\\.example  until a person closes it  ${id}$`,
        ),
      ),
      'Resolved within 24 h, the last first:',
      expect.stringMatching(
        /^ {2}critical {2}version-disabled {2}contoso-disks\/disk-web\/[0-9a-f]{32} {2}since [-\d: ]+ UTC {2}until [-\d: ]+ UTC {2}restored by the guardian {2}[0-9a-f]{32}$/,
      ),
    ]);
  });

  it('says of each in one line who works on it and what fails, whatever they are called', async () => {
    const id = await open({
      ...purge(),
      deadline: later(new Date(), HOUR_MS),
      hangs: { kind: 'others', says: 'it', databases: true },
    });
    const acknowledged = { by: { oid: 'o', name: 'al\u202eice\n' }, at: new Date() };
    await changeIncident(await found(id), { acknowledged }, running().guardian.ports);
    const line = (await done('incident', 'list')).split('\n').find((one) => one.includes(id));
    expect(line).toMatch(/ {2}SQL databases fail [-\d: ]+ UTC .* al\\u202eice\\u000a works on it {2}/);
  });

  it.each([
    ['within the hours that are asked for', HOUR_MS - MINUTE_MS, 1],
    ['not when it ended before', HOUR_MS + MINUTE_MS, 0],
  ])('lists what is over %s', async (_, agoMs, lines) => {
    const id = await open(purge());
    const { ports } = running().guardian;
    await resolveIncident(await found(id), 'over', false, { ...ports, now: () => later(new Date(), -agoMs) });
    const said = await done('incident', 'list', '--hours', '1');
    expect(said.split('\n').filter((line) => line.includes(id))).toHaveLength(lines);
    expect(said).toContain(lines === 0 ? 'Resolved within 1 h: none' : 'Resolved within 1 h, the last first:');
  });
});

describe('incident show', () => {
  it('says all that is known, by its id or its first characters, with commands as they are to be typed', async () => {
    await as('attacker').disable('contoso-dev', 'dev-web');
    await swept();
    const [id = ''] = /[0-9a-f]{32}$/m.exec(await done('incident', 'list')) ?? [];
    const said = await done('incident', 'show', id);
    expect(said.split('\n')).toEqual([
      expect.stringMatching(/^Version [0-9a-f]{32} of contoso-dev\/dev-web is disabled and was approved as enabled\.$/),
      expect.stringMatching(/^Do not stop, restart or redeploy machines on this key/),
      'what: version-disabled, for on-call; docs/runbook.md of Key Guardian says more',
      expect.stringMatching(/^where: contoso-dev\/dev-web\/[0-9a-f]{32}, https:.*\/vaults\/contoso-dev$/),
      'who: not known yet',
      expect.stringMatching(/^when: happened .*, detected .*, deadline /),
      'hangs on it: 1 disk encryption set (2 disks), 2 machines, 1 running',
      'machines: vm-dev-1 (running), vm-dev-2 (stopped)',
      'done: not restored: the policy only alerts, and whoever is on call has to restore it',
      `incident: ${id}, revision 1`,
      '',
      'To run:',
      typed('restore contoso-dev/dev-web'),
      expect.stringMatching(
        / approve ask contoso-dev\/dev-web\/[0-9a-f]{32} --act disable --why "…" {2}# if this was meant/,
      ),
    ]);
    expect(await done('incident', 'show', id.slice(0, 8).toUpperCase())).toBe(said);
    await done('restore', 'contoso-dev/dev-web');
  });

  it('refuses an id that is none, one that begins several, and no id', async () => {
    expect(await refused('incident', 'show', 'nonsense')).toBe(
      `There is no incident nonsense. To see all:\n  ${typed('incident list')}`,
    );
    const ports = running().guardian.ports;
    for (const id of ['ab1', 'ab2']) await openIncident(purge(), ports, id);
    expect(await refused('incident', 'show', 'ab')).toBe('Several incidents begin with ab: give more of the id.');
    expect(await done('incident', 'show', 'ab1')).toContain('what: purge-attempted');
    expect(await refused('incident', 'show', '')).toBe('Give the id of an incident, or its first characters.');
  });
});

describe('incident close', () => {
  it('ends what tells of an act, says by whom and why, and status lists it no more', async () => {
    const id = await open(purge(later(new Date(), -DAY_MS)));
    expect(await done('status')).toContain(`until a person closes it  ${id}`);
    expect(await done('incident', 'show', id)).toMatch(
      /^npm run key-guardian .* incident close [0-9a-f]{32} --why "…" {2}# once you know why, and nothing is left to do$/m,
    );
    expect(await done('incident', 'close', id.slice(0, 12).toUpperCase(), '--why', 'it was a drill')).toBe(
      'Closed: purge-attempted of contoso-sql/tde.',
    );
    expect(await of(id)).toMatchObject({
      state: 'resolved',
      judgement: 'closed by owner@contoso.example: it was a drill',
    });
    expect(await done('status')).toContain('Open incidents: none');
    expect(await refused('incident', 'close', id, '--why', 'again')).toBe(
      `Incident ${id} is resolved already: closed by owner@contoso.example: it was a drill.`,
    );
  });

  it('refuses what tells of a state, which would only be found again, and what nobody knows', async () => {
    const id = await open(
      guardianBlind.draft('vault-unreadable', vaultSubject('contoso-sql'), new Date(), 'throttled'),
    );
    expect(await refused('incident', 'close', id, '--why', 'it is late')).toBe(
      `Incident ${id} reports a state, guardian-blind: it ends by itself when that state is good again.`,
    );
    expect(await of(id)).toMatchObject({ state: 'open' });
    expect(await refused('incident', 'close', 'nonsense', '--why', 'it is late')).toBe(
      `There is no incident nonsense. To see all:\n  ${typed('incident list')}`,
    );
  });
});
