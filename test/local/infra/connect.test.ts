import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import vaults from '../../../infra/vaults.json' with { type: 'json' };
import {
  activityTopics,
  guardedFromEnvironment,
  guardedFromOutputs,
  guardedVaults,
} from '../../../local/infra/connect.ts';
import { policy } from '../../../shared/domain/policy.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../../local/infra/connect.ts', import.meta.url));
const guarded = {
  subscriptionId: 'one',
  location: 'westeurope',
  parameters: { name: 'guardian' },
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-connect-'));
  // An Azure CLI that notes its arguments and the parameters it was given.
  const notes = join(folder, 'notes');
  await writeFile(
    join(folder, 'az'),
    `#!/bin/sh\nfor each; do case "$each" in @*) cat "\${each#@}" > ${notes}.parameters;; esac; done\necho "$@" >> ${notes}\n` +
      `case "$3" in show) echo '${JSON.stringify({ keY_GUARDIAN_GUARDED: { value: guarded } })}';; esac\nexit "\${AZ_STATUS:-0}"\n`,
  );
  await chmod(join(folder, 'az'), 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const connect = (args: readonly string[], more: Readonly<Record<string, string>>) =>
  run(process.execPath, [script, ...args], { env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, ...more } });

describe('the output of the deployment', () => {
  test('is read as azd sets it, and as the Azure CLI gives it, whatever the case of its name', () => {
    expect(guardedFromEnvironment({ KEY_GUARDIAN_GUARDED: JSON.stringify(guarded) })).toEqual(guarded);
    expect(guardedFromOutputs({ keY_GUARDIAN_GUARDED: { value: guarded } })).toEqual(guarded);
  });

  test.each([
    ['the environment', () => guardedFromEnvironment({})],
    ['another deployment', () => guardedFromOutputs({ other: { value: 1 } })],
  ])('is asked for where %s does not have it', (_says, read) => {
    expect(read).toThrow(/KEY_GUARDIAN_GUARDED/);
  });
});

describe('the guarded vaults', () => {
  const placed = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `/subscriptions/one/vaults/Vault-${at}`, location: 'westeurope' }));
  const rotation = { every: 'P90D', notifyBefore: 'P30D' };
  const guarding = policy.parse({ vaults: [{ name: 'vault-0' }, { name: 'vault-1', mode: 'block', rotation }] });

  test('are in block, and rotated, where the policy may have a key of theirs so', () => {
    const [part = []] = guardedVaults(placed(2), guarding);
    expect(part.map(({ block, rotate }) => [block, rotate])).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  test.each([
    [1, [1]],
    [200, [200]],
    [201, [200, 1]],
    [1000, [200, 200, 200, 200, 200]],
  ])('are %i in parts that fit into one deployment each', (count, parts) => {
    expect(guardedVaults(placed(count), guarding).map(({ length }) => length)).toEqual(parts);
  });
});

describe('the events of the Activity Log', () => {
  const vault = (subscription: string, group: string, more: object = {}) => ({
    ...{ id: `/subscriptions/${subscription}/resourceGroups/${group}/providers/x/vaults/v`, location: 'westeurope' },
    ...more,
  });

  test('come through one topic for each subscription, in the group of its first vault', () => {
    expect(activityTopics([vault('One', 'a'), vault('one', 'b'), vault('two', 'c')])).toEqual([
      { subscriptionId: 'one', resourceGroup: 'a', topic: '' },
      { subscriptionId: 'two', resourceGroup: 'c', topic: '' },
    ]);
  });

  test('come through the topic that a subscription has already, in the group of the vault that names it', () => {
    expect(activityTopics([vault('one', 'a'), vault('one', 'b', { activityTopic: 'theirs' })])).toEqual([
      { subscriptionId: 'one', resourceGroup: 'b', topic: 'theirs' },
    ]);
  });
});

describe('guarded.bicep', () => {
  test.each([
    ['azd', [], { KEY_GUARDIAN_GUARDED: JSON.stringify(guarded) }],
    ['a named deployment', ['--deployment', 'guardian'], {}],
  ] as const)('is deployed with the parameters of %s, where the guardian is', async (_says, args, environment) => {
    const { stdout } = await connect(args, environment);
    expect(stdout).toContain('has its rights in the guarded vaults');
    const called = (await readFile(join(folder, 'notes'), 'utf8')).trim().split('\n').at(-1);
    expect(called).toMatch(
      /^deployment sub create --name guardian-guarded-1 --subscription one --location westeurope /,
    );
    expect(called).toContain('infra/guarded.bicep');
    expect(JSON.parse(await readFile(join(folder, 'notes.parameters'), 'utf8'))).toMatchObject({
      parameters: {
        name: { value: 'guardian' },
        updateSets: { value: false },
        vaults: { value: [{ ...vaults[0], block: false, rotate: false, topic: '' }] },
      },
    });
  });

  test('is not said to be deployed where the Azure CLI fails', async () => {
    const failed = connect([], { KEY_GUARDIAN_GUARDED: JSON.stringify(guarded), AZ_STATUS: '3' });
    await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining('ended with status 3') });
  });
});
