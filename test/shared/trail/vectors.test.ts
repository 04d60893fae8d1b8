import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { trailFolder } from '../../../local/trail-folder.ts';
import { verifyTrail } from '../../../shared/trail/verify.ts';
import { sourceOf } from '../../fakes/trail-files.ts';

const folder = new URL('../../../docs/trail-vectors/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const cases = z
  .array(
    z.strictObject({
      name: z.string(),
      root: z.string().optional(),
      files: z.record(z.string(), z.string().nullable()),
      verdict: z.enum(['anchored', 'unanchored', 'broken']),
      faults: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
    }),
  )
  .parse(JSON.parse(textOf('cases.json')));
const key = z
  .strictObject({ thumbprint: z.string(), jwk: z.record(z.string(), z.string()) })
  .parse(JSON.parse(textOf('key.json')));

const whole = new Map(
  readdirSync(new URL('trail/', folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = `${entry.parentPath}/${entry.name}`;
      return [
        path.slice(fileURLToPath(new URL('trail/', folder)).length).replace(/^\//, ''),
        readFileSync(path, 'utf8'),
      ];
    }),
);

describe('the published trail', () => {
  test.each(cases)('comes to what is said of it: $name', async ({ root, files, verdict, faults }) => {
    const changed = new Map(whole);
    for (const [name, text] of Object.entries(files))
      if (text === null) changed.delete(name);
      else changed.set(name, text);
    expect(await verifyTrail(sourceOf(changed), { root })).toMatchObject({ verdict, faults, keys: [key.thumbprint] });
  });

  test('is read from its folder as from anywhere else', async () => {
    expect(await verifyTrail(trailFolder(fileURLToPath(new URL('trail/', folder))))).toEqual(
      await verifyTrail(sourceOf(whole)),
    );
  });

  test('has cases of each verdict', () => {
    expect(new Set(cases.map(({ verdict }) => verdict)).size).toBe(3);
  });

  test('is signed by the published key, whose thumbprint is that of RFC 7638', async () => {
    expect(await calculateJwkThumbprint(key.jwk)).toBe(key.thumbprint);
    expect(Object.keys(key.jwk).toSorted()).toEqual(['alg', 'e', 'kty', 'n']);
    for (const [name, text] of whole) if (name.startsWith('seals/')) expect(text).toContain(`"n":"${key.jwk.n}"`);
  });
});
