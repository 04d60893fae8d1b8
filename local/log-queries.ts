import { queriesIn } from './query-texts.ts';

/** The text of each query of `infra/queries` to a workspace, by its name, in the order of the names. */
export const logQueries = () => queriesIn('queries/');

/** The source that carries the query for audit events into the bundle. `shared/senses/audit-events-kql.ts` is held to it by a test. */
export function auditEventsSource(): string {
  const [, text = ''] = logQueries().find(([name]) => name === 'audit-events') ?? [];
  return `/** The query for the audit events of guarded vaults. Made from \`infra/queries/audit-events.kql\` by \`npm run schema\`. */
export const auditEventsKql = \`${text}\`;
`;
}

/** What the workbook shows: a query of `infra/queries` each, with its title and how it is drawn. */
const SHOWN = {
  'time-to-undo': ['Seconds until a change was undone, by month', 'table'],
  coverage: ['Minutes in which a vault could not be watched, by day', 'table'],
  'undone-most': ['Whose changes were undone', 'table'],
  'approvals-said': ['Approvals, by day', 'barchart'],
  'guardian-unwell': ['The guardian itself, by day', 'table'],
} as const;

/** The workbook that is deployed, whose queries are those of the files. `infra/workbook.json` is held to it by a test. @see https://learn.microsoft.com/azure/azure-monitor/visualize/workbooks-automate */
export function workbookSource(): string {
  const texts = new Map(logQueries());
  const items = Object.entries(SHOWN).map(([name, [title, visualization]]) => ({
    type: 3,
    name,
    content: {
      version: 'KqlItem/1.0',
      query: texts.get(name),
      title,
      size: 1,
      timeContextFromParameter: 'span',
      queryType: 0,
      resourceType: 'microsoft.operationalinsights/workspaces',
      visualization,
    },
  }));
  const DAY_MS = 86_400_000;
  const span = {
    id: '6f1d1a52-0d0e-4c38-9b1c-2f7a5d0c9e11',
    version: 'KqlParameterItem/1.0',
    name: 'span',
    type: 4,
    isRequired: true,
    value: { durationMs: 90 * DAY_MS },
    typeSettings: { selectableValues: [7, 30, 90].map((days) => ({ durationMs: days * DAY_MS })) },
  };
  const parameters = {
    type: 9,
    name: 'parameters',
    content: {
      version: 'KqlParameterItem/1.0',
      parameters: [span],
      style: 'pills',
      queryType: 0,
      resourceType: 'microsoft.operationalinsights/workspaces',
    },
  };
  const workbook = { version: 'Notebook/1.0', items: [parameters, ...items], fallbackResourceIds: ['__WORKSPACE__'] };
  return `${JSON.stringify(workbook, null, 2)}\n`;
}
