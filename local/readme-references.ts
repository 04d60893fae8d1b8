import { z } from 'zod';
import { settingsSchema } from '../shared/config.ts';
import { policy } from '../shared/domain/policy.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { kinds } from '../shared/incidents/kinds/registry.ts';

const property = z.object({
  description: z.string().optional(),
  default: z.json().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  items: z.unknown().optional(),
});
const object = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});

/**
 * The README with its reference tables made anew from the schemas, the rules and the kinds of incident. Throws where it
 * has no place for one of them, or two: the table would go missing, or stay as it was, without a word.
 */
export function withReferences(readme: string): string {
  const tables = { rules: rulesTable(), kinds: kindsTable(), policy: policyTable(), settings: settingsTable() };
  return Object.entries(tables).reduce((text, [name, table]) => filled(text, name, table), readme);
}

function filled(readme: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest, ...third] = readme.split(begin);
  const [old, after, ...more] = rest?.split(end) ?? [];
  if (before === undefined || old === undefined || after === undefined || third.length + more.length > 0)
    throw new Error(`The README has to have "${begin}" and, after it, "${end}", once each.`);
  return `${before}${begin}\n${table}\n${end}${after}`;
}

function rulesTable(): string {
  const rows = rules.map(({ id, severity, demand, source }) => `| [\`${id}\`](${source}) | ${severity} | ${demand} |`);
  return ['| Incident | Severity | What does not hold |', '| --- | --- | --- |', ...rows].join('\n');
}

function kindsTable(): string {
  const rows = kinds.flatMap(({ id, audience, tells, reasons }) =>
    Object.entries(reasons).map(([reason, { severity, endsWhen }], place) => {
      const why = reason === id ? '' : `\`${reason}\``;
      return `| ${place === 0 ? `\`${id}\`` : ''} | ${why} | ${severity} | ${audience} | ${place === 0 ? tells : ''} | ${endsWhen} |`;
    }),
  );
  const head = '| Incident | Reason | Severity | Audience | What it tells | Ends |';
  return [head, '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function settingsTable(): string {
  const { properties = {} } = object.parse(z.toJSONSchema(settingsSchema, { io: 'input' }));
  const rows = Object.entries(properties).map(([name, schema]) => row(name, schema, ''));
  return ['| Setting | Default | What it is |', '| --- | --- | --- |', ...rows].join('\n');
}

function policyTable(): string {
  const rows = rowsOf(z.toJSONSchema(policy, { io: 'input' }), '');
  return ['| Member | Default | What it says |', '| --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(schema: unknown, prefix: string): readonly string[] {
  const { properties = {}, required = [] } = object.parse(schema);
  return Object.entries(properties).flatMap(([name, each]) => {
    const items = property.parse(each).items;
    const inner =
      items !== undefined && object.safeParse(items).data?.properties !== undefined
        ? rowsOf(items, `${prefix}${name}[].`)
        : [];
    return [row(`${prefix}${name}`, each, required.includes(name) ? 'required' : ''), ...inner];
  });
}

function row(name: string, schema: unknown, note: string): string {
  const { description = '', default: fallback } = property.parse(schema);
  const standing =
    fallback === undefined ? note : `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``;
  return `| \`${name}\` | ${standing} | ${description.replaceAll('|', '\\|')} |`;
}
