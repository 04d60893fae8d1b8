import { attack } from '../attacks.ts';
import { diskId, machineId } from '../resources.ts';
import { MACHINE_DISK, MACHINE_PLACE, TURNED_KEYS } from './estate.ts';
import { firstLook, isUsable, lastAct, lastActor } from './scene.ts';
import { NOTHING, type Result } from './steps.ts';
import type { Turned } from './turned.ts';

/** The name of the step. */
export const MACHINE = 'machine-survives-an-attack';
const STEP_MS = 10_000;
/** How long an act may stay undone before the play goes on. */
const LONGEST_MS = 5 * 60_000;

/** Disables the key of the machine's disk, and deletes it as soon as it is back. Returns when the first of it was done. */
export async function machineActs({ running, client, pass }: Turned): Promise<Date> {
  const [vault, key] = TURNED_KEYS.machine;
  const attacker = await client(vault, 'attacker');
  await attack('disable', attacker, key);
  const actedAt = lastAct({ running }, vault, key);
  const isBack = (): boolean => isUsable({ running }, vault, key);
  await pass(LONGEST_MS, STEP_MS, isBack);
  await attack('delete', attacker, key);
  await pass(LONGEST_MS, STEP_MS, isBack);
  return actedAt;
}

/** How the machine and its disk are, an hour after the acts. */
export function afterAnHour({ running, sink }: Turned, actedAt: Date): Result {
  const [vault, key] = TURNED_KEYS.machine;
  const machine = running.azure.disks.machine(machineId(MACHINE_PLACE));
  const disk = running.azure.disks.disk(diskId(MACHINE_DISK));
  const ok = machine.kind === 'running' && disk.kind === 'working';
  return {
    ...NOTHING,
    ok,
    actor: lastActor({ running }, vault, key),
    act: `disabled ${vault}/${key}, and deleted it as soon as it was back`,
    outcome: ok
      ? 'undone each time: an hour later, by a clock that was turned ahead, the disk goes on unwrapping and its machine runs'
      : `an hour later, by a clock that was turned ahead, the disk is ${disk.kind} and its machine is ${machine.kind.replaceAll('-', ' ')}`,
    alerts: sink.told(vault, key).slice(-1),
    actedAt: actedAt.toISOString(),
    detectedAt: firstLook({ running }, vault, key, actedAt)?.toISOString() ?? null,
  };
}
