import { agoMs, DAY_MS } from '../../domain/time.ts';
import { GraphRefused, GraphRowsUnreadable, SurveyRefused } from '../../errors.ts';
import { type EstateReader, estateReader } from '../../estate/estate-of.ts';
import type { Graph } from '../../estate/graph.ts';
import type { GraphQuery } from '../../estate/rows.ts';
import type { Ports } from '../../ports.ts';
import type { Read } from './keep.ts';

/** What a survey asks, once it knows which subscriptions it can read. */
const QUERIES = [
  'vaults',
  'sets',
  'storage-accounts',
  'sql-servers',
  'disks',
  'images',
  'machines',
  'scale-sets',
  'role-definitions',
  'role-assignments',
] as const satisfies readonly Exclude<GraphQuery, 'subscriptions'>[];

/**
 * Reads every subscription that the surveyor can read, a page at a time. Resource Graph leaves out the others of a request
 * without a word: so those that it does not show, of the policy and of earlier surveys, are unread, and not empty. Throws `SurveyRefused` where a
 * query is refused, and where no subscription can be read.
 */
export async function readEstate(at: Date, { graph, scope }: Ports): Promise<Read> {
  const subscriptions: string[] = [];
  try {
    for await (const page of graph.rows('subscriptions'))
      subscriptions.push(...page.map(({ subscriptionId }) => subscriptionId.toLowerCase()));
    if (subscriptions.length === 0) throw new SurveyRefused('the identity surveyor can read no subscription');
    const reader = estateReader();
    const partly = new Set<GraphQuery>();
    for (const query of QUERIES) if (!(await readAll(query, subscriptions, reader, graph))) partly.add(query);
    const unread = [...new Set([...scope.file.subscriptions, ...readBefore(at, scope)])]
      .filter((id) => !subscriptions.includes(id))
      .map((id) => [id, `subscription ${id} cannot be read`] as const);
    return { at, estate: reader.estate(), subscriptions, unread: new Map(unread), partly };
  } catch (error) {
    throw error instanceof GraphRefused ? new SurveyRefused(error.message.replace(/\.$/, ''), error) : error;
  }
}

/** A subscription that was read counts as unread for so long once it is shown no more, in ms; then it is taken to be gone. */
const GONE_MS = 7 * DAY_MS;

const readBefore = (at: Date, { state }: Ports['scope']): readonly string[] =>
  Object.entries(state?.subscriptions ?? {}).flatMap(([id, { readAt }]) =>
    readAt === undefined || agoMs(readAt, at) >= GONE_MS ? [] : [id],
  );

/** Reads a query. Rows of another form than published are unread, and the others count. Returns whether there were none. */
async function readAll(
  query: GraphQuery,
  subscriptions: readonly string[],
  reader: EstateReader,
  graph: Graph,
): Promise<boolean> {
  try {
    for await (const page of graph.rows(query, subscriptions)) reader.add(query, page);
    return true;
  } catch (error) {
    if (!(error instanceof GraphRowsUnreadable)) throw error;
    reader.unread(error.message.replace(/\.$/, ''));
    return false;
  }
}
