import { SurveyRefused } from '../../errors.ts';
import { type EstateReader, estateReader } from '../../estate/estate-of.ts';
import { type GraphQuery, graphRows } from '../../estate/rows.ts';
import type { Ports } from '../../ports.ts';
import type { Read } from './keep.ts';

/** The queries of a survey, but for that of the subscriptions, which says what can be read. */
const QUERIES = Object.keys(graphRows).filter((name): name is Exclude<GraphQuery, 'subscriptions'> => name !== 'subscriptions' && name in graphRows);

/**
 * Reads every subscription that the surveyor can read, a page at a time. Resource Graph leaves out the others of a request
 * without a word: so those of the policy that it does not show are unread, and not empty. Throws `SurveyRefused` where a
 * query is refused, and where no subscription can be read.
 */
export async function readEstate(at: Date, ports: Ports): Promise<Read> {
  const reader = estateReader();
  const subscriptions = await readable(ports);
  if (subscriptions.length === 0) throw new SurveyRefused('the identity surveyor can read no subscription');
  for (const query of QUERIES) await readQuery(query, subscriptions, reader, ports);
  const unread = ports.scope.file.subscriptions
    .filter((id) => !subscriptions.includes(id))
    .map((id) => [id, `subscription ${id} cannot be read`] as const);
  return { at, estate: reader.estate(), subscriptions, unread: new Map(unread) };
}
