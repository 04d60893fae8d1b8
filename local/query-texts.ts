import { readdirSync, readFileSync } from 'node:fs';

/** Queries by their names, in the order of the names. */
type Queries = readonly (readonly [name: string, text: string])[];

/** The text of each query of a folder below `infra`, such as `queries/`. */
export function queriesIn(path: string): Queries {
  const folder = new URL(`../infra/${path}`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.kql'))
    .sort()
    .map((file) => [file.slice(0, -'.kql'.length), readFileSync(new URL(file, folder), 'utf8').trimEnd()]);
}

/** The text of each query of `infra/queries/graph`. */
export const queryFiles = (): Queries => queriesIn('queries/graph/');

/** The source that carries the queries into the bundle. `shared/estate/query-texts.ts` is held to it by a test. */
export function queryTextsSource(): string {
  const members = queryFiles().map(([name, text]) => `  ${/^\w+$/.test(name) ? name : `'${name}'`}: \`${text}\`,\n`);
  return `import type { GraphQuery } from './rows.ts';

/** The text of each query to Resource Graph. Made from \`infra/queries/graph\` by \`npm run schema\`. */
export const queryTexts: Readonly<Record<GraphQuery, string>> = {
${members.join('')}};
`;
}
