import { z } from 'zod';
import { settingsSchema } from '../shared/config.ts';
import { policy } from '../shared/domain/policy.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { kinds } from '../shared/incidents/kinds/registry.ts';

const property = z.object({
  description: z.string().optional(),
  default: z.json().optional(),
  items: z.unknown().optional(),
});
const object = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});

/** The pages of `docs/` that are made from the schemas, the rules and the kinds of incident, by their paths. */
export const madePages = (): Readonly<Record<string, string>> => ({
  'docs/incidents.md': incidentsPage(),
  'docs/configuration.md': configurationPage(),
});

const MADE = '<!-- Made by "npm run schema": change the sources that it names. -->';

const incidentsPage = (): string => `# Every incident by name

${MADE}

Alerts, \`incident list\` and the trail name an incident after its file: a rule under
[\`shared/guard/keys/rules\`](../shared/guard/keys/rules), any other under
[\`shared/incidents/kinds\`](../shared/incidents/kinds). On-call is alerted of keys that are or were in danger, operators of
the guardian itself.

## Incidents of rules

Each is opened where a rule finds that what must hold does not. It ends with the first inspection that no longer finds it.
\`key-missing\` and \`key-recreated\` also end when a person closes them, and so abandons what is gone. All of them are for
on-call.

${table(
  ['Incident', 'Severity', 'What must hold'],
  rules.map(({ id, severity, demand, source }) => [`[\`${id}\`](${source})`, severity, demand]),
)}

## Other incidents

${table(
  ['Incident', 'Reason', 'Severity', 'For', 'What happened', 'Ends'],
  kinds.flatMap(({ id, audience, tells, reasons }) =>
    Object.entries(reasons).map(([reason, { severity, endsWhen }], place) => [
      place === 0 ? `\`${id}\`` : '',
      reason === id ? '' : `\`${reason}\``,
      severity,
      audience,
      place === 0 ? tells : '',
      endsWhen,
    ]),
  ),
)}
`;

/** The functions that must not wait for an instance. */
const alwaysReady = [
  ['`function:sentry`', 'that ticks go on, and with them sweeps and alerts, where both of their chains have stopped'],
  ['`function:sweep`', 'that each vault is swept within the minute'],
  ['`function:inspect`', 'that a key is restored'],
  ['`function:alert`', 'that people are alerted'],
];

const configurationPage = (): string => `# Configuration

${MADE}

## The policy

\`policy.json\` is in the package, beside \`host.json\`. Editors check it with [\`policy.schema.json\`](../policy.schema.json);
\`npm run build\` fails where it cannot be used, and lists every fault.

${table(['Member', 'Default', 'What it is'], rowsOf(z.toJSONSchema(policy, { io: 'input' }), ''))}

## Settings of the app

${table(['Setting', 'Default', 'What it is'], rowsOf(z.toJSONSchema(settingsSchema, { io: 'input' }), ''))}

## Always-ready instances

In the Flex Consumption plan each function has instances of its own, and none while its queue holds nothing but delayed
messages. A cold start would cost the minute, so these four need an always-ready instance each (\`alwaysReady\` in the app's
\`scaleAndConcurrency\`), and two each where a vault is in \`block\`: Azure ends an instance now and then, and until it has
another one nothing else runs the function.

${table(['Name', 'What depends on it'], alwaysReady)}

## host.json

Up to 100 messages of the Event Hub are taken at once: a message can have more than 240 KiB, and 1,000 of them took 881 MiB
of memory.

An alert of the channel \`console\` is one record of the category \`Function.alert.User\`: an error for on-call, a warning for
operators, an information once the incident is resolved. A heartbeat is one record of \`Function.heartbeat.User\`, which
begins with \`Heartbeat:\`. Traces are left out of sampling, so that no alert is lost. Of
everything else only warnings and errors are logged, and how each execution ended.

Leave \`languageWorkers__node__arguments\` unset: with it the platform starts a new worker where it would have taken one that
is warm. Sweeping 100 vaults with 100 keys each adds at most 64 MiB to what a worker keeps alive, and all of it fits in an
instance with 2,048 MB; \`npm run bench\` measures both.
`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function rowsOf(schema: unknown, prefix: string): readonly (readonly string[])[] {
  const { properties = {}, required = [] } = object.parse(schema);
  return Object.entries(properties).flatMap(([name, each]) => {
    const { description = '', default: fallback, items } = property.parse(each);
    const inner =
      items !== undefined && object.safeParse(items).data?.properties !== undefined
        ? rowsOf(items, `${prefix}${name}[].`)
        : [];
    const standing =
      fallback === undefined
        ? required.includes(name)
          ? 'required'
          : ''
        : `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``;
    return [[`\`${prefix}${name}\``, standing, description], ...inner];
  });
}
