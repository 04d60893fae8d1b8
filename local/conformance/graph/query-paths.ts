import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { analyse } from '../../kusto.ts';
import { UnreadableEvidence } from '../errors.ts';

/** A query to Resource Graph, by its name. */
export interface NamedQuery {
  readonly name: string;
  readonly text: string;
}

/** What is published of a type, as JSON Schema. */
type Schema = z.infer<typeof schemaSchema>;
const schemaSchema = z.record(z.string(), z.unknown());

/** What Resource Graph adds to the properties of a resource. @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language#extended-properties */
const OF_THE_GRAPH = /^properties\.extended\./;

/**
 * Every path of a query that no shape of its types has, as published in `folder`; empty where all are there. A path may differ
 * from a published one in case, where the query reads that one as well. Types of which no shape is there are left out. Throws
 * `UnreadableEvidence` where the folder or a file in it cannot be read.
 */
export function unpublishedPaths(queries: readonly NamedQuery[], folder: string): readonly string[] {
  return queries.flatMap(({ name, text }) => {
    const shapes = typesIn(text).flatMap((type) => shapesOf(type, folder));
    if (shapes.length === 0) return [];
    const { paths } = analyse(text, {});
    const published = paths.filter((path) => shapes.some((shape) => hasPath(shape, shape, path.split('.'))));
    return paths
      .filter((path) => !OF_THE_GRAPH.test(path) && !published.some((one) => isSameWithoutCase(one, path)))
      .map((path) => `query ${name}: ${path} is in no published shape of ${typesIn(text).join(' or ')}`);
  });
}

const isSameWithoutCase = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** The types that a query names, in lower case. */
const typesIn = (text: string): readonly string[] =>
  [...text.matchAll(/'(microsoft\.\w+(?:\/\w+)+)'/gi)].map(([, type = '']) => type.toLowerCase());

/** The shapes of a type, of each of its versions. */
function shapesOf(type: string, folder: string): readonly Schema[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.toLowerCase().startsWith(`${type.replaceAll('/', '.')}.2`))
      .map((file) => schemaSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
  } catch (cause) {
    throw new UnreadableEvidence(folder, cause);
  }
}

/** Whether a schema declares the members of a path, one within the other; a member that may hold anything ends the search. */
function hasPath(root: Schema, schema: Schema, path: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  return alternatives(root, schema).some(({ properties }) => {
    const member = schemaSchema.safeParse(schemaSchema.safeParse(properties).data?.[first]).data;
    return member !== undefined && hasPath(root, member, rest);
  });
}

const reference = z.looseObject({ $ref: z.string().regex(/^#\//) });

/** A schema with all that it is made of: what it refers to, and each of its alternatives. */
function alternatives(root: Schema, schema: Schema): readonly Schema[] {
  const { data } = reference.safeParse(schema);
  if (data !== undefined) {
    const found = data.$ref
      .slice(2)
      .split('/')
      .reduce<unknown>((within, name) => schemaSchema.safeParse(within).data?.[name], root);
    return alternatives(root, schemaSchema.parse(found));
  }
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => z.array(schemaSchema).safeParse(schema[name]).data ?? []);
  return [schema, ...parts.flatMap((part) => alternatives(root, part))];
}
