import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { policy } from '../shared/domain/policy.ts';
import { madePages } from './docs.ts';
import { auditEventsSource, workbookSource } from './log-queries.ts';
import { queryTextsSource } from './query-texts.ts';

/** The policy's JSON Schema for editors, as text. `policy.schema.json` is held to it by a test. */
export const policySchemaText = (): string => `${JSON.stringify(z.toJSONSchema(policy, { io: 'input' }), null, 2)}\n`;

// `npm run schema`: what is made from the schemas is written anew, pages of docs/ and what carries the texts of queries too.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(new URL('../docs/', import.meta.url), { recursive: true });
  await writeFile(new URL('../policy.schema.json', import.meta.url), policySchemaText());
  await writeFile(new URL('../shared/estate/query-texts.ts', import.meta.url), queryTextsSource());
  await writeFile(new URL('../shared/senses/audit-events-kql.ts', import.meta.url), auditEventsSource());
  await writeFile(new URL('../infra/workbook.json', import.meta.url), workbookSource());
  for (const [path, text] of Object.entries(madePages())) await writeFile(new URL(`../${path}`, import.meta.url), text);
}
