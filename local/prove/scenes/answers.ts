import * as z from 'zod';
import type { Answer } from '../../../shared/domain/vault.ts';
import { scene, verdict } from '../fact.ts';
import { type Said, spellSaid } from '../person.ts';
import { spellAnswer } from '../stage.ts';

/** What the vault says of a key that never was, and to nobody. */
export interface Answers {
  readonly challenge: Said;
  readonly resource: string;
  readonly key: Asked;
  readonly versions: Asked;
  readonly deletedKey: Asked;
}

/** The same question by a plain request and by the guardian's own reads. */
interface Asked {
  readonly said: Said;
  readonly read: Answer<unknown> | { readonly kind: 'undetailed' };
}

const list = z.object({ value: z.array(z.unknown()) });
const spellAsked = ({ said, read }: Asked): string => {
  const items = list.safeParse(said.json).data?.value.length;
  return `${spellSaid(said)}${items === undefined ? '' : ` with ${items} items`}; the guardian reads ${spellAnswer(read)}`;
};
const isMissing = ({ read }: Asked): boolean => read.kind === 'missing';

export const answers = scene<Answers>({
  says: 'Ask for a key that never was, and ask without a token.',
  facts: [
    {
      id: 'challenge-without-token',
      claim:
        'A request without a token is answered 401, with a challenge that names the issuer and the resource of the token.',
      matters: 'every client of the guardian: it learns from the challenge for what to ask a token',
      source: 'https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses',
      judge({ challenge, resource }) {
        const header = challenge.header('www-authenticate') ?? '';
        const issuer = /\bauthorization(_uri)?="https:\/\/[^"]+"/.test(header);
        const isNamed = header.includes(`resource="${resource}"`);
        return verdict(
          challenge.status === 401 && issuer && isNamed,
          `${spellSaid(challenge)}, ${issuer ? 'an' : 'no'} issuer, ${isNamed ? 'the' : 'not the'} resource`,
        );
      },
    },
    {
      id: 'missing-key-not-found',
      claim: 'A key that is not there is answered 404 with the code KeyNotFound.',
      matters: 'distinguishing a key that is gone from a vault that does not answer',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key',
      judge: ({ key }) => verdict(isMissing(key), spellAsked(key)),
    },
    {
      id: 'missing-key-without-versions',
      claim: 'The versions of a key that is not there are answered 404 with KeyNotFound, or with an empty list.',
      matters: 'distinguishing a key that is gone from a vault that does not answer',
      source: 'https://github.com/Azure/azure-sdk-for-net/issues/16444',
      judge: ({ versions }) => verdict(isMissing(versions), spellAsked(versions)),
    },
    {
      id: 'missing-deleted-key-not-found',
      claim: 'A key that is not among the deleted keys is answered 404 with the code KeyNotFound.',
      matters: 'distinguishing a key that was purged from one that can be recovered',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/get-deleted-key/get-deleted-key',
      judge: ({ deletedKey }) => verdict(isMissing(deletedKey), spellAsked(deletedKey)),
    },
  ],
  async play({ person, reads, prefix, resource }) {
    const key = `${prefix}never`;
    return {
      resource,
      challenge: await person('GET', '/keys', undefined, { withToken: false }),
      key: { said: await person('GET', `/keys/${key}`), read: await reads.read(key) },
      versions: { said: await person('GET', `/keys/${key}/versions`), read: await reads.listVersions(key) },
      deletedKey: { said: await person('GET', `/deletedkeys/${key}`), read: await reads.readDeleted(key) },
    };
  },
});
