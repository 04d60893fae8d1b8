import { z } from 'zod';
import roles from '../infra/roles.json' with { type: 'json' };
import { settingsSchema } from '../shared/config.ts';
import { policy } from '../shared/domain/policy.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { kinds } from '../shared/incidents/kinds/registry.ts';
import { endpoints } from '../shared/people/registry.ts';
import { rights } from '../shared/people/rights.ts';

const property = z.object({
  description: z.string().optional(),
  default: z.json().optional(),
  items: z.unknown().optional(),
});
const object = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});

/** The pages of `docs/` that are made from the schemas, the rules, the kinds of incident and the roles, by their paths. */
export const madePages = (): Readonly<Record<string, string>> => ({
  'docs/incidents.md': incidentsPage(),
  'docs/configuration.md': configurationPage(),
  'docs/rights.md': rightsPage(),
  'docs/people.md': peoplePage(),
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

const rightsPage = (): string => `# What the guardian may do, and why

${MADE}

The rights are data, [\`infra/roles.json\`](../infra/roles.json): the templates assign exactly these, the local Azure enforces
them in every test, and \`npm run infra\` fails where a call needs a right that is missing here, and where no call needs a right that is here.

## In guarded vaults

Custom roles, one of each in a guarded subscription, assigned to single vaults. A deployment without a vault in \`block\` makes
no keeper role and assigns none: then the guardian holds no data action that writes to a guarded vault.

${table(
  ['Identity', 'Where', 'Data action', 'Why'],
  Object.entries(roles.identities).flatMap(([name, { scope, dataActions }]) =>
    dataActions.map(({ action, reason }, place) => [
      place === 0 ? `\`${name}\`` : '',
      place === 0 ? scope : '',
      `\`${action}\``,
      reason,
    ]),
  ),
)}

It has no right to delete, purge, create, import, wrap, unwrap, decrypt or release. \`keys/read\` alone lets anybody use the
public half of an RSA key (encrypt, wrap, verify), which discloses nothing.

A vault that uses access policies gets the same by one: \`get\`, \`list\` for the watcher; \`get\`, \`update\`, \`recover\` for
the keeper. \`rights.sh\` ([deploy.md](deploy.md#access-policies)) finds out which a vault uses.

## In its own resources

Built-in roles, each on one resource. The app runs under the watcher; Event Grid writes dead letters under an identity that
the app does not have.

${table(
  ['Identity', 'Where', 'Role', 'Why'],
  Object.values(roles.own).map(({ identity, on, role, reason }) => [`\`${identity}\``, on, role, reason]),
)}

## Who is the guardian

Whoever can change the app, its package, its settings, its storage or its identities can do what it may do. These are: who
has Owner, Contributor or User Access Administrator on its subscription or group, and who may run the pipeline that deploys
it. Give it a subscription of its own where nobody holds these for good.
`;

const peoplePage = (): string => `# Who may do what

${MADE}

People and pipelines steer the guardian by one HTTP function, \`/api/people\`. The command line asks it:

\`\`\`sh
az login
npm run key-guardian -- --app https://<app>.azurewebsites.net --client-id <application id> status
\`\`\`

Nobody needs a right on the guardian's storage for that, except to run \`restore\`, which still reads it (\`--azure\`). On the
local Azure the command line uses tokens of the local issuer, and the same endpoints.

## Rights

The guardian checks each bearer token itself: signed by Entra ID for this tenant and this application, not expired. A token
with a scope (\`scp\`) is a person's, any other an application's. A guest counts only where the policy names their object id
among the \`approvers\` of a vault. Where a group is named, members who are guests do not count.

${table(
  ['Right', 'Who has it'],
  Object.entries(rights).map(([right, says]) => [right, says]),
)}

${table(
  ['Request', 'Right', 'What it does'],
  endpoints.map(({ method, path, needs, says }) => [`\`${method} ${path}\``, needs, says]),
)}

Parameters go into the path and the JSON body; an answer is JSON. A refusal is \`{ "error": { "code", "message" } }\`: 401 for a
token, 403 for a right, 400 and 404 for the request, 409 for what the state of things does not allow, 503 where the guardian
cannot do it now. Each refusal but the last is recorded in the trail as \`refused\`; of those without a valid token one a
minute, with the number of the others.

- **Approvals**: the policy names the approvers of each vault, by the object ids of people or groups. Who asked cannot grant,
  and an approver of one vault grants nothing in another. Granting and accepting a baseline need a token that was issued less
  than 10 minutes ago: \`az logout\`, then \`az login\`.
- **Break-glass**: one person may disable one version within the hour. Deleting always takes two. Everyone is alerted.
- **Holds**: one person alone may hold a key for 4 hours, a vault or everything for 30 minutes. Longer takes another person,
  by \`hold extend\`.

## What the guardian believes

Approvals and holds lie in the storage of the register, and count for the signature of the guardian's own key
(\`KEY_GUARDIAN_SIGNING_KEY\`), not for the place where they lie. The signature covers the whole row and its place, and is
verified at each use with the public part of the key.

| What lies there | Approval | Hold |
| --- | --- | --- |
| a row without a valid signature, or a copy of another place's | counts for nothing, on-call is alerted (\`row-forged\`) | the same |
| an earlier row, from before a withdrawal or a release | counts for nothing: the trail has the end | the same |
| a signed row, while the key cannot be read for the first time | counts for nothing until it can | counts |
| any row, where no signing key is set | counts for nothing | counts |

A hold needs the key once, when it is set. Where the guardian's own vault is away, stop the guardian itself:
\`az functionapp stop\`.

## Who is the guardian

No signature protects from those who are the guardian. Keep each of these to few people, without standing rights:

- who administers the **app registration**: can give themselves or an application any role, or change its owner;
- who administers the groups that the policy names: can make anybody an approver;
- who can use or assign the guardian's **identities**: the watcher signs, the keeper writes to vaults;
- who can deploy its **code**, its settings or its policy: the code checks the tokens;
- who can write to both its **storage accounts**: the trail says what was withdrawn; its immutability policy keeps that from
  being edited, and not from being hidden from a guardian whose settings name another account;
- who can sign with the **signing key**, or change who can, in the guardian's own vault.

## Set it up

1. Register an application; its application id is \`KEY_GUARDIAN_API_CLIENT_ID\`, the tenant \`KEY_GUARDIAN_TENANT_ID\`. Its
   application id URI is \`api://<application id>\`.
2. Expose a scope, \`user_impersonation\`, and authorize the Azure CLI for it (\`04b07795-8ddb-461a-bbee-02f9e1bf7b46\`).
3. Add the app roles \`KeyGuardian.Reader\` and \`KeyGuardian.Operator\`, for users and applications; require assignment, and
   assign people, groups and pipelines.
4. Add the optional claim \`acct\` to access tokens, which says who is a guest; and \`groups\`, limited to groups assigned to
   the application, where the policy names groups.
5. Make a key in the guardian's own vault, RSA or EC P-256, with \`sign\` and \`verify\`; give the watcher the rights of
   \`ownVault\` in [\`infra/roles.json\`](../infra/roles.json); set \`KEY_GUARDIAN_SIGNING_KEY\` and \`KEY_GUARDIAN_API_URL\`.
6. Name the \`approvers\` of each vault in the policy.
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
