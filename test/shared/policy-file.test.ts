import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPolicy } from '../../shared/policy-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-policy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(text: string): Promise<string> {
  const file = join(folder, 'policy.json');
  await writeFile(file, text);
  return file;
}

describe('a policy file', () => {
  test('may begin with the mark of its byte order', async () => {
    const file = await fileOf('\uFEFF{"vaults":[{"name":"contoso-disks"}]}');
    expect(readPolicy(file)).toMatchObject({ vaults: [{ name: 'contoso-disks', mode: 'alert' }] });
  });

  test('that names vaults twice, in whatever case, is refused with their names, each once', async () => {
    const names = ['contoso-disks', 'contoso-sql', 'Contoso-Disks', 'contoso-disks', 'CONTOSO-SQL', 'contoso-dev'];
    const file = await fileOf(JSON.stringify({ vaults: names.map((name) => ({ name })) }));
    expect(() => readPolicy(file)).toThrow(
      expect.objectContaining({
        faults: [
          'vault contoso-disks is named twice: say all of it in one place',
          'vault contoso-sql is named twice: say all of it in one place',
        ],
      }),
    );
  });

  test('that is not there, or is a folder, is refused in words', () => {
    const said = (fault: string) => expect.objectContaining({ name: 'PolicyInvalid', faults: [fault] });
    expect(() => readPolicy(join(folder, 'none.json'))).toThrow(said('there is no such file'));
    expect(() => readPolicy(folder)).toThrow(said('it is a folder'));
  });

  test('that is no JSON is refused', async () => {
    const file = await fileOf('{"vaults":');
    expect(() => readPolicy(file)).toThrow(
      expect.objectContaining({ name: 'PolicyInvalid', message: expect.stringContaining(file) }),
    );
  });
});
