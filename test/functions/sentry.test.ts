import { describe, expect, it } from 'vitest';
import { storageClients } from '../../shared/azure/storage-clients.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

// As a rollback leaves it: the version before does not know it, and nothing may stop for it.
process.env.KEY_GUARDIAN_OF_THE_NEXT_VERSION = '1';
const { running, host, as, incidents } = guarded(['disk-web'], { sweepSeconds: 60 });

const MINUTE_MS = 60_000;
const sweeps = () =>
  running().azure.log.filter(({ identity, operation }) => identity === 'watcher' && operation === 'list').length;

/** As if every message of sweeps and ticks were lost. */
async function loseTheSweepsQueue(): Promise<void> {
  const clients = storageClients({
    kind: 'connection-string',
    value: running().guardian.settings.RegisterStorage ?? '',
  });
  await clients.queue('sweeps').clearMessages();
}

describe('sentry', () => {
  it('schedules the first sweep of a vault as soon as the app starts, and has nothing to tell where its baseline is accepted', async () => {
    expect(sweeps()).toBeGreaterThan(0);
    expect(await incidents(VAULT)).toEqual([]);
  });

  it('leaves a vault alone whose next sweep is under way', async () => {
    running().azure.clearLog();
    await host().advance(4 * MINUTE_MS, 5_000);
    expect(sweeps()).toBeGreaterThanOrEqual(3);
    expect(sweeps()).toBeLessThanOrEqual(5);
  });

  it('schedules again within two minutes what was lost', async () => {
    await loseTheSweepsQueue();
    await as('attacker').disable(VAULT, 'disk-web');
    running().azure.clearLog();
    await host().advance(3 * MINUTE_MS, 5_000);
    expect(sweeps()).toBeGreaterThan(0);
    expect(running().azure.state(VAULT, 'disk-web')).toMatchObject({ versions: [{ enabled: true }] });
  });

  it('tells of a setting that cannot be used, while all else works', async () => {
    const told = (await incidents(OWN)).filter(({ reason }) => reason === 'setting-misconfigured');
    expect(told.map(({ state, summary }) => [state, summary])).toEqual([
      [
        'open',
        'The app does without settings that cannot be used: KEY_GUARDIAN_OF_THE_NEXT_VERSION: there is no such setting. Where there is a default, it is used instead.',
      ],
    ]);
  });

  it('tells of dead letters that no function can take, until they are gone', async () => {
    const clients = storageClients({
      kind: 'connection-string',
      value: running().guardian.settings.RegisterStorage ?? '',
    });
    const deadLetters = clients.queue('inspections-poison');
    await deadLetters.createIfNotExists();
    await deadLetters.sendMessage('{"not":"base64"}');
    await host().advance(14 * MINUTE_MS, 5_000);
    const told = async () =>
      (await incidents(OWN)).filter(({ reason }) => reason === 'dead-letters-left').map(({ state }) => state);
    expect(await told()).toEqual([]);
    await host().advance(3 * MINUTE_MS, 5_000);
    expect(await told()).toEqual(['open']);
    await deadLetters.clearMessages();
    await host().advance(2 * MINUTE_MS, 5_000);
    expect(await told()).toEqual(['resolved']);
  });

  it('is not needed: with the timer dead the chains of ticks go on and say so', async () => {
    host().pauseTimers();
    running().azure.clearLog();
    await host().advance(5 * MINUTE_MS, 5_000);
    expect(sweeps()).toBeGreaterThanOrEqual(4);
    const silent = async () =>
      (await incidents(OWN)).filter(({ reason }) => reason === 'sentry-silent').map(({ state }) => state);
    expect(await silent()).toEqual(['open']);
    host().resumeTimers();
    await host().advance(MINUTE_MS, 5_000);
    expect(await silent()).toEqual(['resolved']);
  });
});
