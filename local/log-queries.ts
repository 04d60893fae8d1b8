import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../infra/queries/', import.meta.url);

/** The text of each query of `infra/queries` to a workspace, by its name, in the order of the names. */
export const logQueries = (): readonly (readonly [name: string, text: string])[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.kql'))
    .sort()
    .map((file) => [file.slice(0, -'.kql'.length), readFileSync(new URL(file, folder), 'utf8').trimEnd()]);

/** The source that carries the query for audit events into the bundle. `shared/senses/audit-events-kql.ts` is held to it by a test. */
export function auditEventsSource(): string {
  const [, text = ''] = logQueries().find(([name]) => name === 'audit-events') ?? [];
  return `/** The query for the audit events of guarded vaults. Made from \`infra/queries/audit-events.kql\` by \`npm run schema\`. */
export const auditEventsKql = \`${text}\`;
`;
}
