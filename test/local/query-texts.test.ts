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
});
