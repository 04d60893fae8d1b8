import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePackage } from '../../local/package.ts';
import { zip } from '../../local/zip.ts';

const files = [
  { name: 'host.json', content: Buffer.from('{}') },
  { name: 'folder/größe.txt', content: Buffer.from('x'.repeat(100_000)) },
  { name: 'empty', content: Buffer.alloc(0) },
];

/** What an archive holds, read by its directory at the end, as every reader does. */
function unzipped(archive: Buffer): readonly { readonly name: string; readonly content: Buffer }[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    expect(archive.toString('latin1', at, at + 4)).toBe('PK\x01\x02');
    const [sum, packed, size] = [16, 20, 24].map((offset) => archive.readUInt32LE(at + offset));
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const entry = archive.readUInt32LE(at + 42);
    expect(archive.toString('utf8', entry + 30, entry + 30 + nameLength)).toBe(name);
    const begin = entry + 30 + nameLength;
    const content = inflateRawSync(archive.subarray(begin, begin + (packed ?? 0)));
    expect([crc32(content), content.length]).toEqual([sum, size]);
    at += 46 + nameLength;
    return { name, content };
  });
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-zip-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an archive', () => {
  test('holds every file with its name and content', () => {
    expect(unzipped(zip(files))).toEqual(files);
  });

  test('has the same bytes whenever it is made', () => {
    expect(zip(files)).toEqual(zip(files));
  });
});

test('the package is one archive of what is built, and is recognised by its hash', async () => {
  const [one, other] = [join(folder, 'a.zip'), join(folder, 'b.zip')];
  const hash = await writePackage(one, { folder: join(folder, 'dist') });
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(await writePackage(other, { folder: join(folder, 'again') })).toBe(hash);
  expect((await readdir(join(folder, 'dist'))).toSorted()).toEqual([
    'host.json',
    'main.cjs',
    'package.json',
    'policy.json',
  ]);
});
