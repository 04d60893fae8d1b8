import canonicalize from 'canonicalize';
import * as z from 'zod';
import type { Signer, Verdict } from '../domain/signer.ts';
import { RowForged } from '../errors.ts';
import type { Row } from '../storage.ts';
import { dataAfter, type Listed, type Rows, type Stored } from './rows.ts';

/** A list of signed rows. */
export interface SignedListed<T> extends Listed<T> {
  /** Rows that the guardian did not sign. */
  readonly forged: readonly RowForged[];
  /** Rows of which nobody can say now who signed them; where they count all the same, they are stored as well. */
  readonly unverified: number;
}

/**
 * A table whose rows count for the guardian's signature, not for the place where they lie. A row is signed with its place, so
 * that it counts nowhere else, and with all that it holds, so that another version's row counts here as well. A row without a valid signature is a `RowForged`: thrown where one row is read, listed
 * separately where many are.
 */
export interface SignedRows<T> extends Pick<Rows<T>, 'get' | 'remove'> {
  list(partition?: string): Promise<SignedListed<T>>;
  /** As of `Rows`; both throw as `Signer.sign` does. */
  put(partition: string, row: string, value: T): Promise<Stored<T>>;
  replace(read: Stored<T>, value: T): Promise<Stored<T> | undefined>;
}

const members = z.record(z.string(), z.json());
const signed = members.and(z.object({ signature: z.string() }));

/**
 * The rows of a table, signed. @param name the table's name in errors and in what is signed
 *
 * @param unsigned members that the guardian itself changes, and that decide nothing
 */
export function signedRows<T extends object>(
  name: string,
  rows: Rows<T>,
  signer: Signer,
  options: { readonly unverifiable: 'counts' | 'counts-for-nothing'; readonly unsigned?: readonly (keyof T)[] },
): SignedRows<T> {
  const leftOut = ['v', 'signature', ...(options.unsigned ?? [])];
  const textOf = ({ partition, row }: Pick<Row, 'partition' | 'row'>, data: unknown): string => {
    const said = Object.entries(members.parse(JSON.parse(JSON.stringify(data))));
    const counting = said.filter(([member]) => !leftOut.includes(member));
    return canonicalize([name, partition, row, Object.fromEntries(counting)]) ?? '';
  };
  async function verdictOn({ row }: Stored<T>): Promise<Verdict> {
    const { data } = signed.safeParse(row.data);
    return data === undefined ? signer.verify('', '') : signer.verify(textOf(row, data), data.signature);
  }
  const counts = (verdict: Verdict): boolean =>
    verdict === 'valid' || (verdict === 'unverifiable' && options.unverifiable === 'counts');
  return {
    async get(partition, row) {
      const stored = await rows.get(partition, row);
      if (stored !== undefined && !counts(await verdictOn(stored))) throw new RowForged(name, stored.row);
      return stored;
    },
    async list(partition) {
      const { stored, unreadable } = await rows.list(partition);
      const judged = await Promise.all(stored.map(async (one) => ({ one, verdict: await verdictOn(one) })));
      return {
        stored: judged.filter(({ verdict }) => counts(verdict)).map(({ one }) => one),
        unreadable,
        forged: judged.filter(({ verdict }) => verdict === 'forged').map(({ one }) => new RowForged(name, one.row)),
        unverified: judged.filter(({ verdict }) => verdict === 'unverifiable').length,
      };
    },
    async put(partition, row, value) {
      const signature = await signer.sign(textOf({ partition, row }, value));
      return rows.put(partition, row, Object.assign({ ...value }, { signature }));
    },
    async replace(read, value) {
      const text = textOf(read.row, dataAfter(read, value));
      // What is not signed changes without the key: its vault may be away.
      if (text === textOf(read.row, read.row.data)) return rows.replace(read, value);
      return rows.replace(read, Object.assign({ ...value }, { signature: await signer.sign(text) }));
    },
    remove: rows.remove,
  };
}
