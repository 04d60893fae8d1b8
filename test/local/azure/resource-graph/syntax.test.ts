import { describe, expect, test } from 'vitest';
import { QueryFault } from '../../../../local/azure/kusto-tokens.ts';
import { parseQuery } from '../../../../local/azure/resource-graph/syntax.ts';
import { queryTexts } from '../../../../shared/estate/query-texts.ts';

const faultOf = (text: string): QueryFault | undefined => {
  try {
    parseQuery(text);
    return undefined;
  } catch (error) {
    if (error instanceof QueryFault) return error;
    throw error;
  }
};

describe('a query to the local Resource Graph', () => {
  test.each(Object.entries(queryTexts))('is read: %s', (_, text) => {
    expect(parseQuery(text).steps.at(-1)).toEqual({ kind: 'order', by: 'id', direction: 'asc' });
  });

  test('reads the table resources where it names none', () => {
    expect(parseQuery('project id').table).toBe('resources');
    expect(parseQuery("where type =~ 'a/b' | project id").steps).toHaveLength(2);
    expect(parseQuery('AuthorizationResources').table).toBe('authorizationresources');
  });

  test('orders downwards where it does not say how', () => {
    expect(parseQuery('resources | order by name').steps).toEqual([{ kind: 'order', by: 'name', direction: 'desc' }]);
    expect(parseQuery('resources | sort by name desc').steps).toEqual([
      { kind: 'order', by: 'name', direction: 'desc' },
    ]);
  });

  test('may have comments, which end with their line', () => {
    expect(parseQuery('resources // all\n| project id').steps).toHaveLength(1);
  });

  // The first is recorded.
  test.each([
    ['a condition that is none', 'project id, location | where where', '<EOF>', 1, 34],
    ['an operator that is not there', 'resources | summarize count()', 'summarize', 1, 12],
    ['a call without its end', 'resources\n| project a = tolower(name', '<EOF>', 2, 26],
    ['a list without its end', "resources | where type in~ ('a'", '<EOF>', 1, 31],
    ['a strange letter', 'resources | project id; drop', ';', 1, 22],
    ['two tables', 'resources resourcecontainers', 'resourcecontainers', 1, 10],
    ['a column that is no name', "resources | project 'id'", '<EOF>', 1, 24],
    ['a member that is a column', 'resources | project properties.a', '<EOF>', 1, 32],
    ['a limit that is no number', 'resources | limit all', 'all', 1, 18],
    ['nothing', '', '<EOF>', 1, 0],
  ])('is refused for %s, with the place', (_, text, token, line, column) => {
    expect(faultOf(text)).toMatchObject({ token, line, column });
  });
});
