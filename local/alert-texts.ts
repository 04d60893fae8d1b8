import { commandsOf, runnable } from '../shared/alerts/runnable.ts';
import { detailLines, firstLine } from '../shared/alerts/text.ts';
import type { Incident } from '../shared/domain/incident.ts';
import type { Surveyed } from '../shared/domain/survey.ts';
import { later, SECOND_MS } from '../shared/domain/time.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { type IncidentDraft, incidentId } from '../shared/incidents/draft.ts';
import { kinds } from '../shared/incidents/kinds/registry.ts';
import { type OwnNames, typed } from '../shared/incidents/own-names.ts';
import { examples, HANGS, ruleExamples } from './example-incidents.ts';
import { OPTIONS } from './pictures/sent.ts';

/** Everything that an example can be of, by the name of its example: each rule, and each kind with each of its reasons. */
export const exampleNames: readonly string[] = [
  ...rules.map(({ id }) => id),
  ...kinds.flatMap(({ id, reasons }) =>
    Object.keys(reasons).map((reason) => (reason === id ? id : `${id}, ${reason}`)),
  ),
];

/** What the guardian's own resources are called in the examples. */
const OWN_NAMES: Required<OwnNames> = {
  app: '/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/key-guardian/providers/Microsoft.Web/sites/key-guardian-app',
  register: 'keyguardianregister',
  trail: 'keyguardiantrail',
  vault: 'key-guardian-own',
  'signing-key': 'https://key-guardian-own.vault.azure.net/keys/signing',
  watcher: '0a0a0a0a-0000-4000-8000-000000000001',
  keeper: '0a0a0a0a-0000-4000-8000-000000000002',
  surveyor: '0a0a0a0a-0000-4000-8000-000000000003',
};

/** What a survey found: the vault of the examples. */
const SURVEYED: Surveyed = {
  at: new Date('2026-03-01T11:30:00Z'),
  vaults: new Map([['prod-disks', { id: HANGS.vaultId ?? '', keys: {}, unknown: [] }]]),
};

const byName: Readonly<Record<string, IncidentDraft>> = { ...examples, ...ruleExamples };

/** The incident of an example, opened 20 s after it began. Throws where there is no such example. */
export function opened(name: string): Incident {
  const draft = byName[name];
  if (draft === undefined) throw new Error(`There is no example of ${name}.`);
  const detectedAt = later(draft.since, 20 * SECOND_MS);
  const commands = (draft.commands ?? []).flatMap((command) => typed(command, OWN_NAMES, SURVEYED) ?? []);
  return { ...draft, commands, id: incidentId(draft), detectedAt, state: 'open', revision: 1 };
}

/** The same, undone by the guardian 31 s after it began. */
export function undone(incident: Incident): Incident {
  const restoredAt = later(incident.since, 31 * SECOND_MS);
  return { ...incident, state: 'resolved', judgement: 'undone', restoredAt, endedAt: restoredAt, revision: 2 };
}

/** An alert as people read it: the first line, and the lines below it. */
function textOf(event: 'opened' | 'resolved', incident: Incident): string {
  const commands = commandsOf(incident).flatMap((command) => runnable(command, 'azure', OPTIONS) ?? []);
  const alert = { event, incident: { ...incident, commands } };
  const now = incident.endedAt ?? later(incident.detectedAt, 2 * SECOND_MS);
  return [firstLine(alert, now), ...detailLines(alert, now)].join('\n');
}

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;

/** The page of `docs/` with what an alert of each rule and kind says. @param made the line that says by what it is made */
export const alertTextsPage = (made: string): string => `# What alerts say

${made}

An example of each alert, as a channel sends it; names and ids are made up. Those of rules are from a vault in \`alert\`. Of what
the guardian undoes in \`block\` the alert that it is undone is here as well: where that takes less than a minute, it is the only one.
[\`alerts\`](alerts/README.md) has pictures of some.

${exampleNames
  .map((name) => {
    const incident = opened(name);
    const isUndone = incident.judgement.startsWith('withheld: ');
    return [
      `## ${name
        .split(', ')
        .map((part) => `\`${part}\``)
        .join(': ')}`,
      block(textOf('opened', incident)),
      ...(isUndone ? ['Once it is undone:', block(textOf('resolved', undone(incident)))] : []),
    ].join('\n\n');
  })
  .join('\n\n')}
`;
