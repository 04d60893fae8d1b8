import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { localFolder } from '../../../local/guardian-folder.ts';

const at = z.iso.datetime().nullable();
const result = z.strictObject({
  ok: z.boolean(),
  steps: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      actedAt: at,
      detectedAt: at,
      restoredAt: at,
      restoreMs: z.number().nullable(),
    }),
  ),
});

const UNDONE = ['disable', 'delete', 'delete-again', 'expire', 'not-before', 'strip-operations'];
const LEFT = ['approved-disable-stays', 'hold-stops-writes', 'alert-mode-writes-nothing'];
const TOLD = ['recreated-is-told', 'purge-is-told'];
const ALL = [...UNDONE, ...LEFT, ...TOLD, 'chain-holds'];

/** The demo alone may wait 40 s for a step, and other tests run beside it. */
const patient = { timeout: 120_000 };
const main = fileURLToPath(new URL('../../../local/demo/main.ts', import.meta.url));

/** `npm run demo -- --json …`, in a process of its own, as a process has one app. */
async function demo(...options: readonly string[]) {
  const child = spawn(process.execPath, [main, '--json', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, , [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { pid: child.pid, status, out };
}

// Side by side: most of the time of each is waiting.
const guarded = demo();
const unguarded = demo('--unguarded', '--step-seconds', '3');

describe('the demo', () => {
  it('has every step ok, and says so in one line of JSON and by status 0', patient, async () => {
    const { status, out } = await guarded;
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    const { ok, steps } = result.parse(JSON.parse(out));
    expect(steps.filter((step) => !step.ok)).toEqual([]);
    expect(steps.map(({ name }) => name)).toEqual(ALL);
    expect({ ok, status }).toEqual({ ok: true, status: 0 });
  });

  it('measures each restore from the act, over the guardian’s first look, to the restored state', async () => {
    const { steps } = result.parse(JSON.parse((await guarded).out));
    for (const { name, actedAt, detectedAt, restoredAt, restoreMs } of steps) {
      if (!UNDONE.includes(name)) {
        expect({ name, restoredAt, restoreMs }).toEqual({ name, restoredAt: null, restoreMs: null });
        continue;
      }
      const moments = [actedAt, detectedAt, restoredAt].map((moment) => Date.parse(moment ?? ''));
      expect(moments).toEqual(moments.toSorted((one, other) => one - other));
      expect(restoreMs).toBe(Date.parse(restoredAt ?? '') - Date.parse(actedAt ?? ''));
    }
    for (const { name, actedAt, detectedAt } of steps.filter((step) => [...LEFT, ...TOLD].includes(step.name))) {
      expect({ name, looked: Date.parse(detectedAt ?? '') >= Date.parse(actedAt ?? '') }).toEqual({
        name,
        looked: true,
      });
    }
  });

  it('fails every step without the guardian, and says so by status 1', patient, async () => {
    const { status, out } = await unguarded;
    const { ok, steps } = result.parse(JSON.parse(out));
    expect(steps.map(({ name }) => name)).toEqual(ALL);
    expect(steps.filter((step) => step.ok)).toEqual([]);
    expect({ ok, status }).toEqual({ ok: false, status: 1 });
  });

  it('leaves nothing behind', async () => {
    const played = (await Promise.all([guarded, unguarded])).map(({ pid }) => `demo-${pid}`);
    const left = await readdir(localFolder()).catch(() => []);
    expect(left.filter((name) => played.includes(name))).toEqual([]);
  });
});
