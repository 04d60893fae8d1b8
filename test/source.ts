import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
const root = fileURLToPath(new URL('..', import.meta.url));

/** An import as a file spells it. */
export interface Import {
  /** A path from the project's folder for a file of ours, else the specifier: `zod`, `node:crypto`. */
  readonly from: string;
  readonly isOurs: boolean;
  /** `import type`: gone once types are stripped. `{ type A }` alone is not: the module is loaded all the same. */
  readonly isTypeOnly: boolean;
}

/** Every TypeScript file under a folder of the project, as paths from there with `/`.  */
export const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => slashed(relative(root, join(entry.parentPath, entry.name))))
    .toSorted();

/** Every folder under a folder of the project, itself included. */
export const foldersIn = (folder: string): readonly string[] => [
  folder,
  ...readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => slashed(relative(root, join(entry.parentPath, entry.name)))),
];

export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

const slashed = (path: string): string => path.replaceAll('\\', '/');

const FROM = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g;

/** What a file imports, statically and dynamically. */
export function importsOf(file: string): readonly Import[] {
  const text = textOf(file);
  const named = (specifier: string, isTypeOnly: boolean): Import => {
    const isOurs = specifier.startsWith('.');
    return { from: isOurs ? slashed(normalize(join(dirname(file), specifier))) : specifier, isOurs, isTypeOnly };
  };
  return [
    ...[...text.matchAll(FROM)].map(([, type, specifier = '']) => named(specifier, type !== undefined)),
    ...[...text.matchAll(DYNAMIC)].map(([, specifier = '']) => named(specifier, false)),
  ];
}

/** A file and all that it loads, however far away: types aside. Packages as they are spelled. */
export function loadedBy(file: string, seen: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  let all: ReadonlySet<string> = new Set([...seen, file]);
  for (const { from, isOurs, isTypeOnly } of importsOf(file)) {
    if (isTypeOnly) continue;
    all = isOurs && from.endsWith('.ts') ? loadedBy(from, all) : new Set([...all, from]);
  }
  return all;
}
