import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../infra/queries/graph/', import.meta.url);

/** The text of each query of `infra/queries/graph`, by its name, in the order of the names. */
export const queryFiles = (): readonly (readonly [name: string, text: string])[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.kql'))
    .sort()
    .map((file) => [file.slice(0, -'.kql'.length), readFileSync(new URL(file, folder), 'utf8').trimEnd()]);

/** The source that carries the queries into the bundle. `shared/estate/query-texts.ts` is held to it by a test. */
export function queryTextsSource(): string {
  const members = queryFiles().map(([name, text]) => `  ${/^\w+$/.test(name) ? name : `'${name}'`}: \`${text}\`,\n`);
  return `import type { GraphQuery } from './rows.ts';

/** The text of each query to Resource Graph. Made from \`infra/queries/graph\` by \`npm run schema\`. */
export const queryTexts: Readonly<Record<GraphQuery, string>> = {
${members.join('')}};
`;
}
