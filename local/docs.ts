import { z } from 'zod';
import roles from '../infra/roles.json' with { type: 'json' };
import { settingsSchema } from '../shared/config.ts';
import { AUDIT_KINDS, actor, auditEntry, auditRecord, RECORD_VERSION } from '../shared/domain/audit-record.ts';
import { policy } from '../shared/domain/policy.ts';
import { sealDetail, streamHead } from '../shared/domain/seal.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { kinds } from '../shared/incidents/kinds/registry.ts';
import { endpoints } from '../shared/people/registry.ts';
import { rights } from '../shared/people/rights.ts';
import { checks } from '../shared/posture/checks/registry.ts';
import { COLUMNS, SEAL_COLUMNS } from '../shared/trail/columns.ts';
import { SEALS } from '../shared/trail/stream-name.ts';
import { FAULTS } from '../shared/trail/verify.ts';
import { alertTextsPage } from './alert-texts.ts';
import { PLAN_VERSION, planReport } from './cli/plan/schema.ts';
import { costsBesides, counts, type Guarded, type Input, monthlyCosts, prices } from './costs.ts';

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
  'docs/alerts.md': alertTextsPage(MADE),
  'docs/configuration.md': configurationPage(),
  'docs/rights.md': rightsPage(),
  'docs/people.md': peoplePage(),
  'docs/costs.md': costsPage(),
  'docs/plan.md': planPage(),
  'docs/plan.schema.json': `${JSON.stringify(planSchema(), null, 2)}\n`,
  'docs/trail.md': trailPage(),
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
them in every test, and \`npm test\` and \`npm run infra\` fail where a call needs a right that is missing here, and where no call needs a right that is here.

## In guarded vaults

Custom roles, one of each in a guarded subscription, assigned to single vaults; the watcher's also to each subscription that the
policy names in \`subscriptions\`, so that it can read vaults that are found there. A deployment without a vault in \`block\` makes
no keeper role and assigns none: then the guardian holds no data action that writes to a guarded vault. The role \`rotator\` is made
and assigned only where the policy has a rotation schedule for a key in \`block\`, \`updater\` only where such a schedule says
\`"sets": "update"\`.

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

A vault that uses access policies gets the same by one: \`get\`, \`list\`, \`getrotationpolicy\` for the watcher; \`get\`, \`update\`,
\`recover\` for the keeper, and where it rotates \`rotate\` and \`setrotationpolicy\`. \`rights.sh\` ([deploy.md](deploy.md#access-policies)) finds out which a vault uses.

## In surveyed subscriptions

A custom role that reads what hangs on keys, and nothing else: no key, no secret, no data. It is assigned to each subscription with
a guarded vault, and to each that the policy names. A vault whose set lies in another subscription needs that subscription, too.
The role \`updater\` is assigned to the same subscriptions, or to none: it can point any set there at any key.

${table(
  ['Identity', 'Where', 'Action', 'Why'],
  (['surveyor', 'updater'] as const).flatMap((name) =>
    roles.identities[name].actions.map(({ action, reason }, place) => [
      place === 0 ? `\`${name}\`` : '',
      place === 0 ? roles.identities[name].scope : '',
      `\`${action}\``,
      reason,
    ]),
  ),
)}

Whether changing a set also asks for a right on the vault that it names nobody confirmed: the guardian names none, only the URL of
the key. Where Azure refuses it all the same, operators are alerted with the command.

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

Nobody needs a right on the guardian's storage for that. On the local Azure the command line uses tokens of the local issuer,
and the same endpoints.

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
- **Restore**: in any mode and during any hold. The guardian inspects the key first, then answers the writes that restore it,
  and records them; the command line makes them under your own rights on the vault (\`keys/update\`, \`keys/recover\`); the
  guardian reads the vault, whatever was said, and records what came of them. For 30 s nobody else works on the key. It never
  takes from a person that Azure refused a date: another date would be approved for that.

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

const VAULTS = [10, 100, 1_000];
const dollars = (amount: number): string =>
  `$${amount.toLocaleString('en-US', { maximumFractionDigits: amount < 10 ? 2 : 0 })}`;

function costsPage(): string {
  const usual = { keysInEach: 10, olderInUse: false };
  const parts = VAULTS.map((vaults) => monthlyCosts({ vaults, ...usual }));
  const total = (guarded: Guarded): string =>
    dollars(Object.values(monthlyCosts(guarded)).reduce((sum, one) => sum + one, 0));
  const totals = (given: Partial<Guarded>): readonly string[] =>
    VAULTS.map((vaults) => total({ vaults, ...usual, ...given }));
  const besides = VAULTS.map(costsBesides);
  const rowsFor = (each: readonly Readonly<Record<string, number>>[]): readonly (readonly string[])[] =>
    Object.keys(each[0] ?? {}).map((name) => [name, ...each.map((one) => dollars(one[name] ?? 0))]);
  return `# What it costs

${MADE}

US dollars a month, for vaults in \`block\` with ${usual.keysInEach} keys each, swept each minute, while nothing happens.
**No Azure has sent a bill for it yet, and prices differ by region and change**: put yours into
[\`local/costs.ts\`](../local/costs.ts) and run \`npm run schema\`.

${table(
  ['', ...VAULTS.map((vaults) => `${vaults.toLocaleString('en-US')} vaults`)],
  [
    ...rowsFor(parts),
    ['**Together**', ...totals({}).map((amount) => `**${amount}**`)],
    ['where each key has an older version in use', ...totals({ olderInUse: true })],
    ['with 3 keys in each', ...totals({ keysInEach: 3 })],
    ...rowsFor(besides).map(([name = '', ...amounts]) => [`besides: ${name}`, ...amounts.map((one) => `+ ${one}`)]),
  ],
)}

Calls are paid for by the subscription of the guarded vault, audit events by that of the workspace, all else by the
guardian's. Attacks cost little: an undone act takes a few dozen calls. The trail has no record of a quiet sweep.

## What makes it cheaper

- **Audit events of the guardian's own calls** are the largest part: each read of a key is an event in the workspace. Where
  your workspace already takes the audit events of all vaults, only what the guardian's calls add is new. A
  [transformation](https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations) of the
  workspace can drop successful reads by the guardian's own identity: its writes must stay, since they show whether
  somebody acts under it. By its reads the guardian knows how far events have arrived: without them operators are alerted that none do. \`auditEvents = 'none'\` ends the part, and leaves audit events to you.
- **A rotation schedule** adds one read an hour for each of its keys; Azure bills each version that a rotation policy makes.
- **Surveys** (rights of the surveyor): once one has found that nothing needs the older versions of a key, they are read
  hourly. Where nobody knows, they are read each minute, as where something needs them.
- \`instanceMemoryMB = 512\` makes always-ready instances cost a quarter; nobody has measured it with many vaults.
- Vaults in \`alert\` alone need one always-ready instance for each function instead of two.

## Prices

${inputsTable(prices, 'Dollars')}

Keys of RSA 3072 and 4096, of curves and in HSMs can cost
[more](https://azure.microsoft.com/pricing/details/key-vault/) by the call, and by the month where they are in an HSM.

## How often

${inputsTable(counts, 'Number')}

A month has 730 hours. Event Grid is left out, since there is one event for each new version; so is the capacity of storage.
`;
}

const inputsTable = (inputs: Readonly<Record<string, Input>>, unit: string): string =>
  table(
    ['Name', unit, 'What it is', 'From'],
    Object.entries(inputs).map(([name, { value, what, from }]) => [
      `\`${name}\``,
      `${value < 0.001 ? value.toFixed(7).replace(/0+$/, '') : value}`,
      what,
      from === undefined ? '**assumed: check it**' : from.startsWith('http') ? `[page](${from})` : from,
    ]),
  );

/** Dates are text in JSON. */
const planSchema = () =>
  z.toJSONSchema(planReport, {
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
    },
  });

const planPage = (): string => `# What hangs on which key: plan

${MADE}

\`plan\` reads subscriptions and the keys that are used there, and prints what hangs on which key, what is in danger now, what
the guardian would do there, and which rights it would need. It sends nothing but requests that read, needs no guardian, and
stores nothing.

\`\`\`sh
az login
npm run key-guardian -- plan --subscription <id>
npm run key-guardian -- plan --subscription <id> --workspace <workspace id>
npm run key-guardian -- plan --local
\`\`\`

| Role | On | What it is for |
| --- | --- | --- |
| Reader | the subscriptions | vaults, disk encryption sets, disks, machines, locks, diagnostic settings and role assignments |
| Key Vault Reader | the subscriptions, or single vaults | keys, their versions and rotation policies, deleted keys |
| Log Analytics Reader | the workspaces that you name | when each user last used a version of a key |

A vault with access policies needs one with \`get\`, \`list\` and \`getrotationpolicy\` instead of the second. Where a vault does not
show its keys, as behind a firewall, its keys are read through Azure Resource Manager, which shows neither deleted keys nor
types, operations and rotation policies. What could not be read is listed, and never counts as absent.

\`--workspace <id>\` names a workspace with the audit events of the vaults: then each user has the time at which it last used
the key, by the events of the last seven days, and each vault the time up to which events have arrived. That no event shows
a use proves nothing: a running machine unwraps again and again, a stopped one does not, and events arrive minutes late.

| Exit status | What it means |
| --- | --- |
| 0 | nothing is in danger |
| 3 | something is: at least one finding in \`danger\` |
| 1 | it could not be read: at all, or not all of a subscription, or the state of a used key is unknown |

\`--policy <file>\` shows what your policy guards already, and takes its notify times and its \`customerManagedKeys\`.
\`--policy-out <file>\` writes a new policy, which guards every vault with a used key in \`alert\`.

## Checks

A critical finding is danger; any other should be repaired.

${table(
  ['Check', 'On', 'Severity', 'What must hold'],
  checks.map(({ id, on, severity, demand, source }) => [`[\`${id}\`](${source})`, on, severity, demand]),
)}

## The JSON

\`plan --json\` prints one object. Its \`version\` is ${PLAN_VERSION}; it changes where a member goes or means something else. Progress
goes to standard error. Times are ISO 8601 in UTC; resource ids are in lower case.

[\`plan.schema.json\`](plan.schema.json) says all of it:

${table(
  ['Member', 'What it is'],
  rowsOf(planSchema(), '').flatMap(([name = '', , says = '']) => (name.includes('[]') ? [] : [[name, says]])),
)}
`;

const trailPage = (): string => `# The trail

${MADE}

The guardian records every hint, decision, act and alert. Records are lines of JSON in append blobs, in a container whose
immutability policy lets blobs be made and appended to, and neither changed nor deleted. Each record is linked to the one
before it, hourly seals name how far each stream reaches, and a root that goes outside once a day stands for all of it.

## Streams

| Stream | What is in it |
| --- | --- |
| \`audit/<yyyy-mm-dd>/<vault>\` | the records of a vault on one day (UTC); those of the guardian itself in \`_guardian\` |
| \`register/<vault>\` | baselines and every change of what is approved, of all days |
| \`${SEALS}\` | the seals |

The blobs of a stream are \`<stream>.<n>.jsonl\`, n from 0; the next one begins at 40,000 blocks, and the chain goes on.

## A record

The form has version ${RECORD_VERSION}. Members may be added without a new version; a reader ignores what it does not know. Moments are
ISO 8601 in UTC, with milliseconds. The column is that of the table \`KeyGuardianAudit_CL\` of a workspace.

${table(['Member', 'Column', 'What it is'], recordRows())}

| \`what\` | What it says |
| --- | --- |
${Object.entries(AUDIT_KINDS)
  .map(([kind, says]) => `| \`${kind}\` | ${says} |`)
  .join('\n')}

A record never carries key material, a token, a secret or the address of a channel: a test reads every record of a whole run.
Names that callers chose are escaped and have at most 512 characters. \`detail\` has at most 64,000 bytes, since a field of a
workspace has 64 KB and what is longer is cut off there without a word: the findings of one decision are split into several
records (\`part\`, \`parts\`), and of anything else that is longer only the beginning is kept (\`cutFromBytes\`, \`beginning\`).
Only a seal may be longer: its record names every stream, and only its row is cut so.

## The chain

- A line is the canonical JSON of its record ([RFC 8785](https://www.rfc-editor.org/rfc/rfc8785)), in UTF-8, ended by one line feed.
- \`hash\` is the SHA-256, in hex, of the canonical JSON of all other members.
- \`previousHash\` is the \`hash\` of the record before it, over the ends of blobs; of the first record it is the SHA-256 of the
  stream's name. \`sequence\` counts from 1.
- The same \`id\` may come twice, where a record was appended and the answer was lost.

## Seals

A seal is a record of kind \`seal\` in the stream \`${SEALS}\`, which is a chain like any other. One is made each hour, and
at the next full minute after the guardian acted on a key. Once a day it names all streams of today, of yesterday and of the
register, and its root goes to the alert channels ([\`trail-anchored\`](incidents.md)). Streams of this month and the last, and
of the register, are searched for changes. Its \`detail\`:

${table(['Member', 'What it is'], [...shapeRows(sealDetail.shape, ''), ...shapeRows(streamHead.shape, 'heads[].')])}

- **What is signed** is the canonical JSON of the record without \`hash\` and \`detail.signature\`: an RSA key signs with PS256
  (salt of 32 bytes), an EC key with ES256 (\`r\` and \`s\`, 32 bytes each).
- **The root** is the SHA-256, in hex, of what is signed. As \`previousHash\` is part of that, a root stands for every earlier
  seal, and for every record that one of them names.
- **In the workspace** the row of a seal has its root in \`${SEAL_COLUMNS.root.name}\`, and in \`${SEAL_COLUMNS.records.name}\` how many records the streams have that it
  names: each seal is an anchor there, within minutes, for whoever cannot write to both.
- **The key** is the guardian's own, the one that signs approvals and holds: a second key would need the same right of the same
  identity, so it would protect nothing more. What each signs cannot be taken for the other's. Each seal carries the public part;
  anchors name it by its [thumbprint](https://www.rfc-editor.org/rfc/rfc7638).

## Verify

\`\`\`sh
npm run key-guardian -- verify --account <storage account of the trail> --anchor <root>
\`\`\`

It needs no guardian, and of rights only *Storage Blob Data Reader* on the container. From a copy it needs none. Copy the
seals first, so that the copy has every record that they name:

\`\`\`sh
az storage blob download-batch --auth-mode login --account-name <account> -s trail -d copy --pattern 'seals/*'
az storage blob download-batch --auth-mode login --account-name <account> -s trail -d copy --pattern 'audit/*'
az storage blob download-batch --auth-mode login --account-name <account> -s trail -d copy --pattern 'register/*'
npm run key-guardian -- verify --folder copy --anchor <root>
\`\`\`

With \`--workspace <workspace id>\` every record is compared with its row in the workspace, under your own rights there (*Log
Analytics Reader*), and the newest seal that both have is an anchor. A record is expected there within an hour. The workspace
keeps rows for a time only: what is older than the oldest row is counted apart, unless \`--since\` says from when on records have
to be there. Of a copy \`--until\` says when copying began: later rows are not compared.

\`\`\`sh
npm run key-guardian -- verify --account <account> --workspace <workspace id> --since 2026-03-01T00:00:00Z
\`\`\`

| Status | Verdict | What it proves |
| --- | --- | --- |
| 0 | anchored | Every record up to that seal is as it was when the root was sent, or arrived in the workspace. Later records are counted apart. |
| 2 | unanchored | The trail fits together. Who can write to the storage and sign with the key could have made all of it. |
| 3 | broken | Each fault is named: the stream, its first and last record, and the seal that shows it. |

${table(
  ['Fault', 'The record, or the range of records, is'],
  Object.entries(FAULTS).map(([because, says]) => [`\`${because}\``, says]),
)}

**What it does not prove.** A record is counted as not sealed until the next seal, for up to an hour. Until then somebody who
can append to the container could add a record in the right form, and the next seal would name it: that nobody but the
guardian's watcher can append there is up to its role assignments. The key that a seal carries says who signed only if you know
its thumbprint from elsewhere: from anchors, or from the vault (\`az keyvault key show\`). An anchor proves nothing about what
the guardian never recorded. A workspace proves as much as who can change it is another person than who can change the storage:
whoever can send rows by the data collection rule or purge them can make differences, which are found, and whoever controls both
can make them agree. A record that the workspace refused, which operators were alerted of, is missing there as well.

**By your own means.** [\`trail-vectors\`](trail-vectors) has a small trail, its seals, the public key, and what has to come of
verifying it whole and tampered with. Check each line's canonical form, hash, sequence and link; each seal's signature; that no
seal names fewer records of a stream than an earlier one; that in each stream the record with the sequence that a seal names
has the hash that it names; and that a seal has the root of your anchor.
`;

/** The members of a record with their columns; those of `who` and `hints` below them. */
function recordRows(): readonly (readonly string[])[] {
  const inner: Readonly<Record<string, z.ZodRawShape>> = {
    who: actor.shape,
    hints: auditEntry.shape.hints.unwrap().shape,
  };
  const columns: Readonly<Record<string, { readonly name: string; readonly type: string }>> = COLUMNS;
  return Object.entries(auditRecord.shape).flatMap(([name, { description = '' }]) => [
    [`\`${name}\``, `\`${columns[name]?.name}\` (${columns[name]?.type})`, description],
    ...shapeRows(inner[name] ?? {}, `${name}.`).map(([member = '', says = '']) => [member, '', says]),
  ]);
}

const shapeRows = (shape: z.ZodRawShape, prefix: string): readonly (readonly string[])[] =>
  Object.entries(shape).map(([name, member]) => [
    `\`${prefix}${name}\``,
    z.globalRegistry.get(member)?.description ?? '',
  ]);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function rowsOf(schema: unknown, prefix: string): readonly (readonly string[])[] {
  const { properties = {}, required = [] } = object.parse(schema);
  return Object.entries(properties).flatMap(([name, each]) => {
    const { description = '', default: fallback, items } = property.parse(each);
    const membersOf = (of: unknown, called: string) =>
      object.safeParse(of).data?.properties === undefined ? [] : rowsOf(of, called);
    const inner = [...membersOf(each, `${prefix}${name}.`), ...membersOf(items, `${prefix}${name}[].`)];
    const standing =
      fallback === undefined
        ? required.includes(name)
          ? 'required'
          : ''
        : `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``;
    return [[`\`${prefix}${name}\``, standing, description], ...inner];
  });
}
