import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsFromEnvironment, eventsFromOutputs } from '../../../local/infra/subscribe.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../../local/infra/subscribe.ts', import.meta.url));
const events = {
  subscriptionId: 'one',
  location: 'westeurope',
  parameters: { name: 'guardian', vaults: [{ id: '/x' }] },
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-subscribe-'));
  // An Azure CLI that notes its arguments and the parameters it was given.
  const notes = join(folder, 'notes');
  await writeFile(
    join(folder, 'az'),
    `#!/bin/sh\nfor each; do case "$each" in @*) cat "\${each#@}" > ${notes}.parameters;; esac; done\necho "$@" >> ${notes}\n` +
      `case "$3" in show) echo '${JSON.stringify({ keY_GUARDIAN_EVENTS: { value: events } })}';; esac\nexit "\${AZ_STATUS:-0}"\n`,
  );
  await chmod(join(folder, 'az'), 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const subscribe = (args: readonly string[], more: Readonly<Record<string, string>>) =>
  run(process.execPath, [script, ...args], { env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, ...more } });

describe('the output of the deployment', () => {
  test('is read as azd sets it, and as the Azure CLI gives it, whatever the case of its name', () => {
    expect(eventsFromEnvironment({ KEY_GUARDIAN_EVENTS: JSON.stringify(events) })).toEqual(events);
    expect(eventsFromOutputs({ keY_GUARDIAN_EVENTS: { value: events } })).toEqual(events);
  });

  test.each([
    ['the environment', () => eventsFromEnvironment({})],
    ['another deployment', () => eventsFromOutputs({ other: { value: 1 } })],
  ])('is asked for where %s does not have it', (_says, read) => {
    expect(read).toThrow(/KEY_GUARDIAN_EVENTS/);
  });
});

describe('the events', () => {
  test.each([
    ['azd', [], { KEY_GUARDIAN_EVENTS: JSON.stringify(events) }],
    ['a named deployment', ['--deployment', 'guardian'], {}],
  ] as const)('are deployed with the parameters of %s, where the guardian is', async (_says, args, environment) => {
    const { stdout } = await subscribe(args, environment);
    expect(stdout).toContain('are sent to the guardian');
    const called = (await readFile(join(folder, 'notes'), 'utf8')).trim().split('\n').at(-1);
    expect(called).toMatch(
      /^deployment sub create --name key-guardian-events --subscription one --location westeurope /,
    );
    expect(called).toContain('infra/events.bicep');
    expect(JSON.parse(await readFile(join(folder, 'notes.parameters'), 'utf8'))).toMatchObject({
      parameters: { name: { value: 'guardian' }, vaults: { value: [{ id: '/x' }] } },
    });
  });

  test('are not said to be sent where the Azure CLI fails', async () => {
    const failed = subscribe([], { KEY_GUARDIAN_EVENTS: JSON.stringify(events), AZ_STATUS: '3' });
    await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining('ended with status 3') });
  });
});
