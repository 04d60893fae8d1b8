import { afterAll, describe, expect, it } from 'vitest';
import { TOPIC } from '../../../../local/azure/event-grid/topic.ts';
import { startPagerduty } from '../../../../local/sinks/pagerduty.ts';
import { startTeams } from '../../../../local/sinks/teams.ts';
import { MINUTE_MS, SECOND_MS } from '../../../../shared/domain/time.ts';
import { readIncidents } from '../../../../shared/incidents/store.ts';
import { commandLine } from '../command-line.ts';

const teams = await startTeams();
const pagerduty = await startPagerduty();
afterAll(async () => {
  await teams.close();
  await pagerduty.close();
});
const { done, refused, host, running } = commandLine({
  alertSettings: {
    KEY_GUARDIAN_EVENT_GRID_TOPIC: TOPIC,
    KEY_GUARDIAN_TEAMS_URL: teams.address,
    KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: pagerduty.routingKey,
    KEY_GUARDIAN_PAGERDUTY_URL: pagerduty.address,
  },
});

const open = async () =>
  (await readIncidents(running().guardian.ports)).stored.filter(({ value: { state } }) => state === 'open');
const waiting = async () => (await running().guardian.ports.tables.outbox.list()).stored.length;

describe('alert test', () => {
  it('sends a card that says that it is a test, and the one that it is over, to that channel alone', async () => {
    expect(await done('alert', 'test', 'teams')).toMatch(/^Channel teams accepted the test alert, .* has arrived\.$/);
    await host().idle();
    expect(teams.posted.map(([first]) => first?.replace(/at [\d:]+ UTC/, 'at … UTC'))).toEqual([
      'info: Key Guardian: nothing is to be done: This is a test of the alert channel teams. Nothing is wrong.',
      'resolved: Key Guardian: nothing is to be done: found at … UTC: This is a test of the alert channel teams. Nothing is wrong.',
    ]);
    expect(pagerduty.alerts).toEqual([]);
  });

  it('triggers an alert of PagerDuty and resolves it', async () => {
    await done('alert', 'test', 'pagerduty');
    await host().idle();
    expect(pagerduty.alerts.map(({ state }) => state)).toEqual(['resolved']);
  });

  it('sends an event to the topic, and the one that it is over', async () => {
    await done('alert', 'test', 'event-grid');
    await host().idle();
    expect(running().azure.topic.events.map(({ type }) => type)).toEqual([
      'KeyGuardian.IncidentOpened',
      'KeyGuardian.IncidentResolved',
    ]);
  });

  it('fails where the channel refuses, with the reason', async () => {
    teams.workflow = { kind: 'throttled', retryAfterSeconds: 30 };
    expect(await refused('alert', 'test', 'teams')).toBe('Channel teams did not accept the test alert: status 429.');
    teams.workflow = { kind: 'posts' };
  });

  it('fails where the channel has no settings', async () => {
    expect(await refused('alert', 'test', 'webhook')).toBe(
      'Channel webhook has no settings that the guardian can use. The test alert went to the channels that have.',
    );
  });

  it.each(['pager', 'constructor'])('fails for the channel %s, which there is not', async (channel) => {
    expect(await refused('alert', 'test', channel)).toBe(
      `There is no channel ${channel}. There are: console, event-grid, pagerduty, slack, teams, webhook.`,
    );
  });

  it('leaves no incident open and no alert waiting', async () => {
    // The one that was throttled is sent again after 30 s.
    await host().advance(MINUTE_MS, 5 * SECOND_MS);
    expect([await open(), await waiting()]).toEqual([[], 0]);
  });
});
