import { LEFT_TO_PEOPLE } from '../../domain/incident.ts';
import { type Subject, spellSubject } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { UNREADABLE } from '../../domain/vault.ts';
import { disksFailAt } from '../draft.ts';
import { connect, deploy, idOfVault, kindOfReasons, provision, type ReasonFacts, withItsState } from './kind.ts';

interface Reason extends ReasonFacts {
  readonly judgement: string;
  says(of: string, since: Date, because: string): string;
  /** What a person types first. @param of the vault or the key */
  commands(of: string, because: string): readonly string[];
}

const RESTART = 'az functionapp restart --ids <app>';

const TRYING = 'trying again; whoever is on call has to see why, now';

/** Shows the keys of a vault: what a person can see while the guardian cannot. */
const shownKeys = (vault: string): string =>
  `az keyvault key list --vault-name ${vault} --query "[].{key:name,enabled:attributes.enabled,expires:attributes.expires}" --output table; az keyvault key list-deleted --vault-name ${vault} --query "[].name" --output tsv  # its keys, and those that are deleted: see them yourself meanwhile`;

const CONNECT = connect('gives the guardian its rights back');

/** What a person types first, by why a vault or a key cannot be read. @param vault its name */
const UNREAD: Readonly<Record<string, (vault: string) => readonly string[]>> = {
  'forbidden-by-permission': () => [CONNECT],
  'forbidden-by-firewall': (vault) => [
    `az keyvault show --name ${vault} --query "properties.{public:publicNetworkAccess,rules:networkAcls}"  # what is closed now`,
    provision('if the guardian has a private network, makes its private endpoint again'),
    `az keyvault update --name ${vault} --public-network-access Enabled --default-action Allow  # if it was open to all before, and nobody meant to close it`,
  ],
  throttled: (vault) => [
    `az monitor metrics list --resource ${idOfVault(vault)} --metric ServiceApiHit --filter "ActivityName eq '*'" --interval PT1M --output table  # which operations: the audit log of the vault says whose`,
  ],
  unauthenticated: () => [RESTART],
  missing: (vault) => [`az keyvault recover --name ${vault}  # if the vault was deleted`],
};

const unread = (vault: string, because: string): readonly string[] => [
  ...(UNREAD[because]?.(vault) ?? []),
  shownKeys(vault),
];

const reasons = {
  'vault-unreadable': {
    severity: 'critical',
    ...withItsState('when a sweep came to its end'),
    judgement: TRYING,
    says: (of, since, because) =>
      `Vault ${of} has not been read since ${utc(since)}: ${UNREADABLE[because] ?? because}. Deletions and disablements there go unnoticed.`,
    commands: unread,
  },
  'no-token': {
    severity: 'critical',
    ...withItsState('when vaults are swept again, or fail for another reason'),
    judgement: TRYING,
    says: () =>
      'The guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID): no vault is read, and deletions and disablements there go unnoticed. The identity was deleted or taken from the app, or Entra ID does not answer.',
    commands: () => [
      'az resource show --ids <app> --query identity.userAssignedIdentities  # the identities of the app',
      provision('if the watcher is not among them, puts it back'),
      `${RESTART}  # if it is`,
    ],
  },
  'key-unreadable': {
    severity: 'error',
    ends: 'with-an-inspection',
    endsWhen: 'when the key was read',
    judgement: TRYING,
    says: (of, _since, because) =>
      `Key ${of} cannot be read: ${UNREADABLE[because] ?? because}. This does not mean that it is gone; what happens to it goes unnoticed.`,
    commands: (of, because) => unread(of.split('/')[0] ?? of, because),
  },
  'register-unreadable': {
    severity: 'critical',
    ends: 'with-an-inspection',
    endsWhen: 'when the row of the register was read',
    judgement: LEFT_TO_PEOPLE,
    says: (of) =>
      `What the register holds of key ${of} cannot be read: the key is not guarded until it can. An older version of the guardian was deployed, or somebody wrote to its storage.`,
    commands: (of) => {
      const [vault = of, key = ''] = of.split('/');
      return [
        deploy('first, with the newest version, since an older one may be running'),
        `az storage entity show --account-name <register> --table-name keys --partition-key ${vault} --row-key ${key} --auth-mode login  # if that does not help: the row, to be mended in the storage account`,
        shownKeys(vault),
      ];
    },
  },
  'not-inspected': {
    severity: 'critical',
    ...withItsState('when a key that differs is inspected'),
    judgement: LEFT_TO_PEOPLE,
    says: (of, since, key) =>
      `Nobody has inspected ${key} since ${utc(since)}, though it is not as approved: nothing is undone in ${of}, since the function inspect does not run.`,
    commands: (_of, key) => [`key-guardian restore ${key}`, `${RESTART}  # then: starts the function inspect again`],
  },
  'policy-invalid': {
    severity: 'critical',
    ...withItsState('when the policy can be used again'),
    judgement: LEFT_TO_PEOPLE,
    says: (_of, _since, because) =>
      `The policy cannot be used, so that no vault is watched and nothing is written: ${because}.`,
    commands: () => ['npm run build  # once policy.json is mended: says whether it can be used', deploy('then')],
  },
} satisfies Readonly<Record<string, Reason>>;

export const guardianBlind = kindOfReasons(
  {
    id: 'guardian-blind',
    audience: 'on-call',
    tells: 'What is to be guarded cannot be observed, so that nothing of it is noticed or undone.',
    reasons,
  },
  (reason: keyof typeof reasons, subject: Subject, since: Date, because?: string) => {
    const { says, judgement, commands }: Reason = reasons[reason];
    const of = spellSubject(subject);
    const given = because ?? 'unknown';
    return {
      ...{ subject, since, summary: says(of, since, given), judgement, commands: [...commands(of, given)] },
      mayFail: true,
      // Nobody has seen what is wrong with that key: it may be unusable.
      ...(reason === 'not-inspected' ? { deadline: disksFailAt(since) } : {}),
    };
  },
);
