import { join } from 'node:path';
import type { KeyClient } from '@azure/keyvault-keys';
import { runCommand } from '../cli/program.ts';
import { stopClock, turnClock } from '../clock.ts';
import { type LocalGuardian, startLocalGuardian } from '../guardian.ts';
import { localFolder } from '../guardian-folder.ts';
import { findLocalAzure, outsideClient } from '../outside-client.ts';
import { type PagerdutySink, startPagerduty } from '../sinks/pagerduty.ts';
import { turnedEstate } from './estate.ts';
import { afterAnHour, MACHINE, machineActs } from './machine.ts';
import type { StepResult } from './scene.ts';
import { type Sink, startSink } from './sink.ts';
import { type Result, tried } from './steps.ts';
import { type StoredTrail, storedTrail } from './stored-trail.ts';
import { actorUpdates, blindSense, escalatedThenResolved, senderKilled } from './telling-steps.ts';
import { outageLosesNothing, workspaceSteps } from './workspace-steps.ts';

/** Time between two sweeps, as in Azure. */
const SWEEP_SECONDS = 60;
/** After the acts on the machine: longer than a disk lives without its key. In large steps, since nobody acts any more. */
const AFTERWARDS_MS = 70 * 60_000;
const AFTERWARDS_STEP_MS = 10 * 60_000;

/** What a step on the turned clock has to play with. */
export interface Turned {
  readonly running: LocalGuardian;
  readonly sink: Sink;
  /** Who is on call gets a page of each incident. */
  readonly pages: PagerdutySink;
  readonly stored: StoredTrail;
  /** A client from outside, over the TLS port. */
  readonly client: (vault: string, identity: string) => Promise<KeyClient>;
  /** What the command `status` prints; `undefined` where no guardian runs. */
  readonly status: () => Promise<string | undefined>;
  /** Turns the clock by so many ms in steps, or until something is so. */
  readonly pass: (ms: number, stepMs: number, isOver?: () => boolean) => Promise<void>;
}

/**
 * Plays what takes minutes and hours, on a clock that is turned: so it needs a process of its own. A machine whose disk hangs
 * on a key that is attacked has to run an hour later. Meanwhile the trail goes to a workspace, and who did it comes from there.
 */
export async function playTurned(guarded: boolean): Promise<readonly StepResult[]> {
  stopClock();
  const folder = join(localFolder(), `demo-turned-${process.pid}`);
  const [sink, pages] = await Promise.all([startSink(), startPagerduty()]);
  const running = await startLocalGuardian({
    ...{ estate: turnedEstate(), folder, guarded, sweepSeconds: SWEEP_SECONDS, workspace: true },
    webhook: { url: sink.url, secret: sink.secret },
    alertSettings: {
      KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: pages.routingKey,
      KEY_GUARDIAN_PAGERDUTY_URL: pages.address,
    },
    log: (line) => process.stderr.write(`${line}\n`),
    write: () => {},
  });
  const { azure, host } = running;
  const turned: Turned = {
    running,
    sink,
    pages,
    stored: storedTrail(running),
    client: async (vault, identity) => outsideClient(await findLocalAzure(folder), vault, identity),
    status: () => (host === undefined ? Promise.resolve(undefined) : printed('--folder', folder, 'status')),
    async pass(ms, stepMs, isOver = () => false) {
      for (let passed = 0; passed < ms && !isOver(); passed += stepMs) {
        await (host === undefined ? turnClock(stepMs) : host.advance(stepMs, stepMs));
        await azure.disks.unwrapDue();
      }
    },
  };
  try {
    await turned.pass(1_000, 1_000);
    const all = new Map<string, Result>();
    const play = async (name: string, step: () => Promise<Result>): Promise<void> =>
      void all.set(name, await tried(name, step));
    const actedAt = await machineActs(turned);
    await play('sender-killed-still-told', () => senderKilled(turned));
    for (const [name, step] of Object.entries(workspaceSteps)) await play(name, () => step(turned));
    await play('actor-updates-the-page', () => actorUpdates(turned));
    await play('escalated-then-resolved', () => escalatedThenResolved(turned));
    // The hour in which nothing can be sent is the one that the machine has to live through.
    await play('outage-loses-nothing', () =>
      outageLosesNothing(turned, () =>
        play('blind-sense-told', () =>
          blindSense(turned, async () => {
            await turned.pass(AFTERWARDS_MS, AFTERWARDS_STEP_MS);
            await play(MACHINE, async () => afterAnHour(turned, actedAt));
          }),
        ),
      ),
    );
    return [...all].map(([name, result]) => ({ name, ...result }));
  } finally {
    await running.stop();
    await Promise.all([sink, pages].map((one) => one.close()));
  }
}

/** What a command prints. Throws what it complained of. */
async function printed(...args: readonly string[]): Promise<string> {
  const said = { out: '', err: '' };
  const status = await runCommand(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  if (status !== 0) throw new Error(said.err);
  return said.out;
}
