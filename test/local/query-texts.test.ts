import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { queryFiles, queryTextsSource } from '../../local/query-texts.ts';
import { queryTexts } from '../../shared/estate/query-texts.ts';
import { graphRows } from '../../shared/estate/rows.ts';

describe('the texts of the queries to Resource Graph', () => {
  test('are those of the files: if not, run `npm run schema`', () => {
    expect(readFileSync('shared/estate/query-texts.ts', 'utf8')).toBe(queryTextsSource());
    expect(Object.entries(queryTexts)).toEqual(queryFiles());
  });

  test('have a schema of their rows each', () => {
    expect(Object.keys(graphRows).toSorted()).toEqual(queryFiles().map(([name]) => name));
  });

  test.each(queryFiles())('project the columns that its schema names: %s', (name, text) => {
    const projected = text.split('| project ')[1]?.split('\n|')[0] ?? '';
    const columns = projected.split(/,\s*/).map((column) => column.split(' =')[0]?.trim());
    // The columns inside a call's commas are none.
    const names = columns.filter((column) => column !== undefined && /^\w+$/.test(column));
    const [, shape] = Object.entries(graphRows).find(([query]) => query === name) ?? [];
    expect(names).toEqual(expect.arrayContaining(Object.keys(shape?.shape ?? { none: 1 })));
  });
});
