/** The API over a guardian in memory, with tokens of the local issuer. */
import { issuerOf } from '../../../local/azure/issuer.ts';
import { type Answer, answer } from '../../../shared/people/answer.ts';
import { type CheckCaller, callerCheck } from '../../../shared/people/token.ts';
import { createWorld, type World } from '../../simulation/world.ts';

export const VAULT = 'prod-disks';
export const OTHER_VAULT = 'prod-sql';
export const CLIENT = 'a9900000-0000-4000-8000-000000000001';
export const GROUP = '9a9a9a9a-0000-4000-8000-000000000001';
/** Of the identities of the world. */
export const oidOf = (world: World, name: 'owner' | 'attacker' | 'disk'): string =>
  world.azure.identities.get(name)?.oid ?? '';

export interface Api {
  readonly world: World;
  readonly check: CheckCaller;
  /** A token of an identity of the world for the API, as Operator. Default: of `owner`. */
  token(name?: 'owner' | 'attacker' | 'disk', claims?: Readonly<Record<string, unknown>>, audience?: string): string;
  call(token: string | undefined, method: string, path: string, given?: object): Promise<Answer>;
  /** Refusals in the trail: who was refused, and why. */
  refusals(): Promise<readonly (readonly [who: string | undefined, because: unknown])[]>;
}

export const OPERATOR = { roles: ['KeyGuardian.Operator'] };

/** A vault in `block` with `disk-a` and `disk-b`, whose approvers are `attacker` and a group; another vault with no approver. */
export async function people(): Promise<Api> {
  const keys = [{ name: 'disk-a' }, { name: 'disk-b' }];
  const vaults = [
    { name: VAULT, keys },
    { name: OTHER_VAULT, keys: [{ name: 'disk-sql' }] },
  ];
  const world = await createWorld({ vaults, policy: { vaults: vaults.map(({ name }) => ({ name, mode: 'block' })) } });
  const approvers = [oidOf(world, 'attacker').toUpperCase(), GROUP];
  world.changePolicy({
    vaults: [
      { name: VAULT, mode: 'block', approvers },
      { name: OTHER_VAULT, mode: 'block' },
    ],
  });
  const { azure, ports } = world;
  const check = callerCheck({
    tenantId: azure.tenantId,
    clientId: CLIENT,
    now: ports.now,
    async fetch(url) {
      const { status, headers, body } = await azure.handle({ method: 'GET', url, headers: {}, body: '' });
      return new Response(body, { status, headers });
    },
  });
  return {
    world,
    check,
    token: (name = 'owner', claims = {}, audience = `api://${CLIENT}`) =>
      azure.token(name, { audience, validForSeconds: 3_600, claims: { ...OPERATOR, ...claims } }),
    call: (token, method, path, given) =>
      answer(
        {
          ...{ method, path, query: {} },
          authorization: token === undefined ? undefined : `Bearer ${token}`,
          body: given === undefined ? '' : JSON.stringify(given),
        },
        check,
        ports,
      ),
    refusals: async () =>
      (await world.trail())
        .filter(({ what }) => what === 'refused')
        .map(({ who, detail }) => [who?.oid, detail.because] as const),
  };
}

/** The issuer of another tenant. */
export const FOREIGN = issuerOf('0ther000-0000-4000-8000-000000000000');
