import { leastDays, together } from './period.ts';
import { covers, policy } from './policy.ts';

/**
 * Everything that is wrong with the content of a policy file, a sentence each, by the names of vaults and key patterns;
 * empty where it can be used.
 *
 * @param channels ids of all alert channels; where given, a channel of another name is a fault
 */
export function policyFaults(given: unknown, channels?: readonly string[]): readonly string[] {
  const left = placeholders(given, []);
  // Other faults of a placeholder are left out: it is to be replaced anyway.
  const isLeft = (path: Path): boolean => left.some((one) => JSON.stringify(one.path) === JSON.stringify(path));
  const form = policy.safeParse(given).error?.issues ?? [];
  return [
    ...form.filter(({ path }) => !isLeft(path)).map(({ path, message }) => sentence(given, path, message)),
    ...left.map(({ path, text }) =>
      sentence(given, path, `still holds the placeholder ${text}: replace it by your own value`),
    ),
    ...vaultsNamedTwice(given),
    ...hiddenPatterns(given),
    ...expiriesTooShort(given),
    ...unknownChannels(given, channels),
    ...routesOfNoChannel(given),
  ];
}

type Path = readonly PropertyKey[];

// Names are found also in a policy that is otherwise wrong, so that all faults are listed at once.
const memberOf = (given: unknown, name: PropertyKey): unknown =>
  typeof given === 'object' && given !== null ? Reflect.get(given, name) : undefined;

function textIn(given: unknown, name: PropertyKey): string | undefined {
  const text = memberOf(given, name);
  return typeof text === 'string' ? text : undefined;
}

function listIn(given: unknown, name: PropertyKey): readonly unknown[] {
  const list = memberOf(given, name);
  return Array.isArray(list) ? list : [];
}

/** `vault contoso-disks, key pattern archive-*: mode must be …` */
function sentence(given: unknown, path: Path, says: string): string {
  const { where, member } = placeOf(given, path);
  if (member.length === 0) return `${where} ${says}`;
  const [first, ...rest] = member.map((part) =>
    typeof part === 'number' ? ` number ${part + 1}` : `.${String(part)}`,
  );
  return `${where}: ${first?.slice(1)}${rest.join('')} ${says}`;
}

/** Where a path leads: the vault or pattern by its name, and the member in it. */
function placeOf(given: unknown, path: Path): { readonly where: string; readonly member: Path } {
  const [top, vaultAt, list, keyAt, ...member] = path;
  if (top !== 'vaults' || typeof vaultAt !== 'number') return { where: 'the policy', member: path };
  const named = listIn(given, 'vaults')[vaultAt];
  const vault = called('vault', textIn(named, 'name'), vaultAt);
  if (list !== 'keys' || typeof keyAt !== 'number') return { where: vault, member: path.slice(2) };
  return {
    where: `${vault}, ${called('key pattern', textIn(listIn(named, 'keys')[keyAt], 'pattern'), keyAt)}`,
    member,
  };
}

/** A vault or pattern by its name; by its number, from 1, where it has none. */
function called(what: string, name: string | undefined, at: number): string {
  if (name === undefined || name === '') return `${what} number ${at + 1}`;
  return `${what} ${/^[\x21-\x7e]+$/.test(name) ? name : JSON.stringify(name)}`;
}

/** A text in angle brackets, which in an example stands for a value of one's own. */
const PLACEHOLDER = /<[^<>]+>/;

function placeholders(given: unknown, path: Path): readonly { readonly path: Path; readonly text: string }[] {
  if (typeof given === 'string') {
    const text = PLACEHOLDER.exec(given)?.[0];
    return text === undefined ? [] : [{ path, text }];
  }
  if (Array.isArray(given)) return given.flatMap((each, at) => placeholders(each, [...path, at]));
  if (typeof given !== 'object' || given === null) return [];
  return Object.entries(given).flatMap(([name, each]) => placeholders(each, [...path, name]));
}

function routesOfNoChannel(given: unknown): readonly string[] {
  const named = memberOf(given, 'channels') === undefined ? ['console'] : listIn(given, 'channels');
  const routed = listIn(given, 'routes').flatMap((one) => textIn(one, 'channel') ?? []);
  return [...new Set(routed)]
    .filter((id) => !named.includes(id))
    .map(
      (id) => `the policy: routes name the channel ${JSON.stringify(id)}, which channels do not: name it there as well`,
    );
}

function vaultsNamedTwice(given: unknown): readonly string[] {
  const names = listIn(given, 'vaults').map((vault) => textIn(vault, 'name')?.toLowerCase());
  const twice = new Set(names.filter((name, at) => name !== undefined && names.indexOf(name) !== at));
  return [...twice].map((name) => `vault ${name} is named twice: say all of it in one place`);
}

/** Patterns that never count: only the first pattern that fits a key counts, and an earlier one fits all their keys. */
function hiddenPatterns(given: unknown): readonly string[] {
  return listIn(given, 'vaults').flatMap((vault, vaultAt) => {
    const patterns = listIn(vault, 'keys').map((key) => textIn(key, 'pattern'));
    return patterns.flatMap((later, at) => {
      if (later === undefined) return [];
      const hiding = patterns.slice(0, at).find((earlier) => earlier !== undefined && covers(earlier, later));
      if (hiding === undefined) return [];
      const because =
        hiding.toLowerCase() === later.toLowerCase()
          ? 'is there twice, and only the first counts'
          : `never counts: ${hiding}, which stands before it, fits all its keys`;
      return [sentence(given, ['vaults', vaultAt, 'keys', at], because)];
    });
  });
}

/** The fewest days after which Azure lets a version expire. @see https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation */
const LEAST_EXPIRY_DAYS = 28;

/** Schedules whose versions would expire earlier than Azure allows: a version expires `notifyBefore` after the next is due. */
function expiriesTooShort(given: unknown): readonly string[] {
  const places = listIn(given, 'vaults').flatMap((vault, vaultAt): readonly (readonly [unknown, Path])[] => [
    [vault, ['vaults', vaultAt]],
    ...listIn(vault, 'keys').map((key, keyAt) => [key, ['vaults', vaultAt, 'keys', keyAt]] as const),
  ]);
  return places.flatMap(([place, path]) => {
    const rotation = memberOf(place, 'rotation');
    const [every, notifyBefore] = [textIn(rotation, 'every'), textIn(rotation, 'notifyBefore')];
    const days = leastDays(together(every ?? '', notifyBefore ?? ''));
    if (every === undefined || notifyBefore === undefined || days >= LEAST_EXPIRY_DAYS) return [];
    const says = `is too short: every and notifyBefore together must be at least ${LEAST_EXPIRY_DAYS} days, after which Azure lets a version expire`;
    return [sentence(given, [...path, 'rotation'], says)];
  });
}

const unknownChannels = (given: unknown, channels: readonly string[] | undefined): readonly string[] =>
  listIn(given, 'channels').flatMap((id) =>
    typeof id !== 'string' || channels === undefined || channels.includes(id) || PLACEHOLDER.test(id)
      ? []
      : [`the policy: channels must name only channels there are (${channels.join(', ')}), not ${JSON.stringify(id)}`],
  );
