import { join } from 'node:path';
import { attack } from '../attacks.ts';
import { stopClock, turnClock } from '../clock.ts';
import { startLocalGuardian } from '../guardian.ts';
import { localFolder } from '../guardian-folder.ts';
import { findLocalAzure, outsideClient } from '../outside-client.ts';
import { diskId, machineId } from '../resources.ts';
import { MACHINE_DISK, MACHINE_KEY, MACHINE_PLACE, machineEstate } from './estate.ts';
import { firstLook, isUsable, lastAct, lastActor, type StepResult } from './scene.ts';
import { startSink } from './sink.ts';

/** Time between two sweeps, as in Azure. */
const SWEEP_SECONDS = 60;
const STEP_MS = 10_000;
const MINUTE_MS = 60_000;
/** How long an act may stay undone before the play goes on. */
const LONGEST_MS = 5 * MINUTE_MS;
/** After the acts: longer than a disk lives without its key. In larger steps, since nobody acts any more. */
const AFTERWARDS_MS = 65 * MINUTE_MS;
const AFTERWARDS_STEP_MS = 5 * MINUTE_MS;

/**
 * A machine whose disk hangs on a key that is disabled and then deleted. Plays on the turned clock, so that an hour takes
 * seconds: so it needs a process of its own. The machine has to run an hour later.
 */
export async function playMachine(guarded: boolean): Promise<Omit<StepResult, 'name'>> {
  stopClock();
  const [vault, key] = MACHINE_KEY;
  const folder = join(localFolder(), `demo-machine-${process.pid}`);
  const sink = await startSink();
  const running = await startLocalGuardian({
    ...{ estate: machineEstate(), folder, guarded, sweepSeconds: SWEEP_SECONDS },
    webhook: { url: sink.url, secret: sink.secret },
    log: (line) => process.stderr.write(`${line}\n`),
    write: () => {},
  });
  const { azure, host } = running;
  const pass = async (ms: number, stepMs: number, isOver: () => boolean = () => false): Promise<void> => {
    for (let passed = 0; passed < ms && !isOver(); passed += stepMs) {
      await (host === undefined ? turnClock(stepMs) : host.advance(stepMs, stepMs));
      await azure.disks.unwrapDue();
    }
  };
  try {
    await pass(1_000, 1_000);
    const client = await outsideClient(await findLocalAzure(folder), vault, 'attacker');
    await attack('disable', client, key);
    const actedAt = lastAct({ running }, vault, key);
    const isBack = (): boolean => isUsable({ running }, vault, key);
    await pass(LONGEST_MS, STEP_MS, isBack);
    await attack('delete', client, key);
    await pass(LONGEST_MS, STEP_MS, isBack);
    await pass(AFTERWARDS_MS, AFTERWARDS_STEP_MS);
    const machine = azure.disks.machine(machineId(MACHINE_PLACE));
    const disk = azure.disks.disk(diskId(MACHINE_DISK));
    const ok = machine.kind === 'running' && disk.kind === 'working';
    return {
      ok,
      actor: lastActor({ running }, vault, key),
      act: `disabled ${vault}/${key}, and deleted it as soon as it was back`,
      outcome: ok
        ? 'undone each time: an hour later, by a clock that was turned ahead, the disk goes on unwrapping and its machine runs'
        : `an hour later, by a clock that was turned ahead, the disk is ${disk.kind} and its machine is ${machine.kind.replaceAll('-', ' ')}`,
      alerts: sink.told(vault, key).slice(-1),
      actedAt: actedAt.toISOString(),
      detectedAt: firstLook({ running }, vault, key, actedAt)?.toISOString() ?? null,
      restoredAt: null,
      restoreMs: null,
    };
  } finally {
    await running.stop();
    await sink.close();
  }
}
