import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { audiences } from '../../shared/domain/incident.ts';
import type { LocalAzure } from '../azure/azure.ts';
import { apiIn, type Context, localContext } from '../cli/context.ts';
import { type PlanReport, planReport } from '../cli/plan/schema.ts';
import { runCommand } from '../cli/program.ts';
import { startLocalGuardian } from '../guardian.ts';
import { localFolder } from '../guardian-folder.ts';
import { apiToken, findLocalAzure, outsideClient } from '../outside-client.ts';
import { DEMO_SWEEP_SECONDS } from '../pace.ts';
import { startTeams } from '../sinks/teams.ts';
import { attackerOf, demoEstate, STEP_KEYS } from './estate.ts';
import type { Scene, StepResult } from './scene.ts';
import { startSink } from './sink.ts';
import { steps, tried } from './steps.ts';
import { storedTrail } from './stored-trail.ts';
import { TRAIL_STEPS } from './trail-steps.ts';

/** How the demo went: ok where every step was as it should be. */
export interface DemoResult {
  readonly ok: boolean;
  readonly steps: readonly StepResult[];
}

/** How the demo is played. */
export interface DemoOptions {
  /** Told once, before the first act, of the local Azure that it plays against. */
  readonly onStart?: (azure: Pick<LocalAzure, 'seed'>) => void;
  /** Told of each step as it ends. */
  readonly onStep?: (step: StepResult) => void;
  /** False plays it without the guardian: then every step has to fail. Default true. */
  readonly guarded?: boolean;
  /**
   * What any step waits for has to have come so long after the first acts, in ms, however many waits a step has. Default
   * 50 s: with its start and its end the demo is over in under a minute.
   */
  readonly limitMs?: number;
  /** For what the local Azure leaves to chance. Default: by chance. */
  readonly seed?: number;
}

/** Plays the whole story against a local Azure of its own, the steps side by side, each on its own key. */
export async function playDemo(options: DemoOptions = {}): Promise<DemoResult> {
  const { onStart = () => {}, onStep = () => {}, guarded = true, limitMs = 50_000 } = options;
  const folder = join(localFolder(), `demo-${process.pid}`);
  const [sink, teams] = await Promise.all([startSink(), startTeams()]);
  const logged: string[] = [];
  const running = await startLocalGuardian({
    estate: demoEstate(),
    folder,
    sweepSeconds: DEMO_SWEEP_SECONDS,
    guarded,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    webhook: { url: sink.url, secret: sink.secret },
    alertSettings: { KEY_GUARDIAN_TEAMS_URL: teams.address },
    log: (line) => process.stderr.write(`${line}\n`),
    write: (text) => void logged.push(text),
  });
  try {
    onStart(running.azure);
    const address = await findLocalAzure(folder);
    const contexts = new Map<string, Promise<Context>>();
    let planned: Promise<PlanReport> | undefined;
    const scene: Scene = {
      running,
      sink,
      teams,
      logged,
      context: (identity) => {
        const context = contexts.get(identity) ?? localContext(identity, folder);
        contexts.set(identity, context);
        return context;
      },
      token: async (identity) => apiToken(address, await apiIn(folder), identity),
      until: performance.now() + limitMs,
      plan: () => {
        planned ??= planIn(folder);
        return planned;
      },
      client: (vault, identity) =>
        outsideClient(address, vault, identity === 'attacker' ? attackerOf(vault) : identity),
      ...storedTrail(running),
    };
    // Another guardian beside this one would take its time; without one there is nothing to disturb.
    const beside = guarded ? undefined : turnedSteps(guarded);
    const played = await Promise.all(
      Object.entries(STEP_KEYS).map(async ([name, [vault, key]]) => {
        const step = steps[name];
        if (step === undefined) throw new Error(`There is no step ${name}.`);
        return ended(name, await tried(name, () => step(scene, vault, key)), onStep);
      }),
    );
    const all = [...played];
    for (const { name, ...result } of await (beside ?? turnedSteps(guarded))) all.push(ended(name, result, onStep));
    for (const [name, step] of Object.entries(TRAIL_STEPS))
      all.push(ended(name, await tried(name, () => step(scene)), onStep));
    return { ok: all.every(({ ok }) => ok), steps: all };
  } finally {
    await running.stop();
    await Promise.all([sink, teams].map((one) => one.close()));
  }
}

/** The plan of the local Azure of a folder. Throws what the command complained of where it printed none. */
async function planIn(folder: string): Promise<PlanReport> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  await runCommand(['--folder', folder, '--as', 'planner', 'plan', '--local', '--json'], terminal);
  if (out.length === 0) throw new Error(err.join(''));
  return planReport.parse(JSON.parse(out.join('')));
}

/** What the process of the steps on the turned clock prints. */
const turnedResults = z.array(
  z.object({
    name: z.string(),
    ok: z.boolean(),
    actor: z.string().nullable(),
    act: z.string().nullable(),
    outcome: z.string(),
    alerts: z.array(
      z.object({ kind: z.string(), audience: z.enum(audiences), title: z.string(), summary: z.string() }),
    ),
    actedAt: z.string().nullable(),
    detectedAt: z.string().nullable(),
    restoredAt: z.null(),
    restoreMs: z.null(),
  }),
);

/** Plays the steps that take minutes and hours in two processes of their own, whose clocks are turned; the second plays rotations. */
async function turnedSteps(guarded: boolean): Promise<readonly StepResult[]> {
  const played = ['./turned-process.ts', './rotations-process.ts'].map(async (name) => {
    const file = fileURLToPath(new URL(name, import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [file, ...(guarded ? [] : ['--unguarded'])]);
    return turnedResults.parse(JSON.parse(stdout));
  });
  return (await Promise.all(played)).flat();
}

function ended(name: string, result: Omit<StepResult, 'name'>, onStep: (step: StepResult) => void): StepResult {
  const step = { name, ...result };
  onStep(step);
  return step;
}
