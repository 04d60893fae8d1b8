/** The command line over the estate of `npm start`: one guardian a test file, since a process has one app. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { runCommand } from '../../../local/cli/program.ts';
import { resetClock } from '../../../local/clock.ts';
import { type Estate, startEstate } from '../../../local/estate.ts';
import { type LocalGuardian, type LocalOptions, startLocalGuardian } from '../../../local/guardian.ts';
import type { Host } from '../../../local/host/host.ts';
import { HOUR_MS } from '../../../shared/domain/time.ts';
import { type Client, clientOf } from '../../simulation/client.ts';

const SWEEP_SECONDS = 300;
/** Sweeps keep to moments of the clock, so that the first may come a fifth of the interval later than that: the hour at which a test runs must not matter. */
const SWEPT_WITHIN_MS = 1.2 * SWEEP_SECONDS * 1_000;

/** The estate of `npm start` without the key that nothing guards, so that no incident is open at the start. */
export function guardedEstate(): Estate {
  const estate = startEstate();
  const isLegacy = (what: unknown): boolean => /legacy|archive/.test(JSON.stringify(what));
  return {
    ...estate,
    vaults: estate.vaults.filter((vault) => !isLegacy(vault)),
    resources: (estate.resources ?? []).filter((resource) => !isLegacy(resource)),
  };
}

/** Audit records and events come an hour late: the guardian inspects when a test turns the clock. */
const quiet = { auditDelayMs: HOUR_MS, eventDelayMs: HOUR_MS, settleMs: 0 };

export interface CommandLine {
  /** Where `azure.json` is. */
  folder(): string;
  running(): LocalGuardian;
  host(): Host;
  /** Turns the clock until every vault was swept once more. */
  swept(): Promise<void>;
  /** Somebody's client of the vaults. */
  as(identity: string): Client;
  /** Whether each version of a key is enabled, the oldest first; empty where the key is not there. */
  enabled(vault: string, key: string): readonly boolean[];
  /** The id of a key's current version. */
  versionOf(vault: string, key: string): string;
  /** Runs a command that has to succeed, and gives what it said. */
  done(...args: readonly string[]): Promise<string>;
  /** Runs a command, however it ends. */
  ran(...args: readonly string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }>;
  /** Runs a command that has to fail with a sentence and nothing else, and gives the sentence. */
  refused(...args: readonly string[]): Promise<string>;
}

/** A guardian, the same for all tests of the file. When they have ended, no function may have failed. */
export function commandLine(more: Partial<LocalOptions> = {}): CommandLine {
  let folder = '';
  let running: LocalGuardian | undefined;
  const up = (): LocalGuardian => {
    if (running === undefined) throw new Error('The guardian is started before the first test.');
    return running;
  };
  const host = (): Host => {
    const { host: hosting } = up();
    if (hosting === undefined) throw new Error('The guardian runs unguarded.');
    return hosting;
  };
  const versions = (vault: string, key: string) => {
    const state = up().azure.state(vault, key);
    return state.kind === 'present' ? state.versions : [];
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'key-guardian-cli-'));
    const options = { estate: guardedEstate(), folder, sweepSeconds: SWEEP_SECONDS, behaviours: quiet };
    running = await startLocalGuardian({ ...options, write: () => {}, ...more });
    await host().idle();
  });
  afterAll(async () => {
    await running?.stop();
    resetClock();
    await rm(folder, { recursive: true, force: true });
    expect(running?.host?.failures).toEqual([]);
  });

  return {
    folder: () => folder,
    running: up,
    host,
    swept: () => host().advance(SWEPT_WITHIN_MS, 60_000),
    as: (identity) => clientOf(up().azure, identity),
    enabled: (vault, key) => versions(vault, key).map((version) => version.enabled),
    versionOf: (vault, key) => versions(vault, key).at(-1)?.version ?? '',
    ran: (...args) => keyGuardian(folder, args),
    async done(...args) {
      const { status, out, err } = await keyGuardian(folder, args);
      expect({ status, err }).toEqual({ status: 0, err: '' });
      return out.trimEnd();
    },
    async refused(...args) {
      const { status, out, err } = await keyGuardian(folder, args);
      expect({ status, out }).toEqual({ status: 1, out: '' });
      expect(err).not.toMatch(/\n\s+at /);
      return err.trimEnd();
    },
  };
}

/** Runs a command line as `npm run key-guardian -- …` would. */
async function keyGuardian(folder: string, args: readonly string[]) {
  const said = { out: '', err: '' };
  const status = await runCommand(['--folder', folder, ...args], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  return { status, ...said };
}

/** The id of an approval or a hold in what a command said. */
export const idIn = (text: string): string => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';
