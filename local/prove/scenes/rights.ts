import { scene, type Verdict, verdict } from '../fact.ts';
import { type Said, spellSaid, UnexpectedAnswer } from '../person.ts';
import { isForbidden, makeVersion, wrap } from '../stage.ts';

/** What the guardian's own identities were answered. */
export interface Rights {
  readonly deletedKeys: Said;
  readonly deletion: Said;
  readonly wrap: Said;
}

const refused = (said: Said): Verdict => verdict(isForbidden(said), spellSaid(said));

export const rights = scene<Rights>({
  says: 'Ask under the guardian’s own identity for what it may and may not do.',
  leftOut: ({ hasGuardian }) =>
    hasGuardian ? undefined : 'this run has no identity of the guardian: see --guardian-from-environment',
  facts: [
    {
      id: 'read-covers-deleted-keys',
      claim: 'The data action `keys/read` covers the deleted keys.',
      matters: 'finding and recovering deleted keys with the role that the guardian has',
      source: 'https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault',
      judge: ({ deletedKeys }) => verdict(deletedKeys.status === 200, spellSaid(deletedKeys)),
    },
    {
      id: 'guardian-cannot-delete',
      claim: 'The guardian’s role cannot delete a key: 403.',
      matters: 'the promise that the guardian cannot do what it guards against',
      judge: ({ deletion }) => refused(deletion),
    },
    {
      id: 'guardian-cannot-wrap',
      claim: 'The guardian’s role cannot use a key: wrapping is refused with 403.',
      matters: 'the promise that the guardian never uses a key',
      judge: ({ wrap }) => refused(wrap),
    },
  ],
  async play(stage) {
    const { guardian } = stage;
    if (guardian === undefined) throw new UnexpectedAnswer('there is no identity of the guardian');
    const made = await makeVersion(stage, 'rights');
    return {
      deletedKeys: await guardian.watcher('GET', '/deletedkeys'),
      wrap: await wrap({ ...stage, person: guardian.keeper }, made),
      deletion: await guardian.keeper('DELETE', `/keys/${made.key}`),
    };
  },
});
