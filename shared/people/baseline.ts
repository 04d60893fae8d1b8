import * as z from 'zod';
import { acceptBaseline, type BaselineWords } from '../approvals/accept-baseline.ts';
import { nameOf, type Proposed, unusable } from '../approvals/proposal.ts';
import { proposeBaseline } from '../approvals/propose-baseline.ts';
import type { Caller } from '../domain/caller.ts';
import { guardedVaults } from '../domain/policy.ts';
import { utc } from '../domain/time.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { readBaseline, readBaselines } from '../register/vaults.ts';
import { endpoint, name } from './endpoint.ts';
import type { AcceptedReport, BaselineReport } from './reports.ts';

const versions = () => z.array(z.string().toLowerCase()).default([]);

/** Baselines: the state of a vault that the guardian restores. */
export const baselineEndpoints = [
  endpoint(
    {
      method: 'GET',
      path: 'baseline/{vault}',
      needs: 'read',
      says: 'Shows what accepting the baseline of a vault would approve.',
    },
    () => ({ vault: name() }),
    ({ vault }, _caller, ports) => showBaseline(vault, ports),
  ),
  endpoint(
    {
      method: 'POST',
      path: 'baseline/{vault}/accept',
      needs: 'approve',
      says: 'Accepts the baseline of a vault: its present state is approved.',
    },
    () => ({ vault: name(), needed: versions(), retired: versions(), asShown: versions() }),
    ({ vault, ...words }, caller, ports) => acceptNamed(vault, words, caller, ports),
  ),
  endpoint(
    { method: 'GET', path: 'baselines', needs: 'read', says: 'Lists the vaults whose baseline waits for a person.' },
    () => ({}),
    async (_given, _caller, ports) => {
      const { stored } = await readBaselines(ports.tables);
      const accepted = stored.filter(({ value }) => value.state === 'accepted').map(({ row }) => row.row);
      return { waiting: guardedVaults(ports.policy).filter((vault) => !accepted.includes(vault)) };
    },
  ),
];

async function showBaseline(vault: string, ports: Ports): Promise<BaselineReport> {
  const [state, proposed] = await Promise.all([readBaseline(ports.tables, vault), proposeBaseline(vault, ports)]);
  return {
    vault,
    ...(state?.state === 'accepted' ? { accepted: { at: state.at, by: state.by } } : {}),
    versions: proposed.map((one) => shownAs(one, ports.now())),
  };
}

function shownAs(one: Proposed, now: Date): BaselineReport['versions'][number] {
  const { key, shown, current, suspicious, changedAt } = one;
  return {
    name: shown === undefined ? key : nameOf(one),
    isDeleted: shown === undefined,
    enabled: shown?.enabled,
    current,
    notBefore: shown?.notBefore,
    expiresOn: shown?.expiresOn,
    changedAt,
    operations: shown?.detail === undefined ? undefined : [...shown.detail.operations],
    suspicious,
    isUsable: unusable(one, now) === undefined,
  };
}

/** Accepts the baseline with what a person says of single versions. Throws `NotAllowed`, and accepts nothing, where that does not fit. */
async function acceptNamed(
  vault: string,
  words: Required<BaselineWords>,
  { who }: Caller,
  ports: Ports,
): Promise<AcceptedReport> {
  const proposed = await proposeBaseline(vault, ports);
  const shown = proposed.filter((one) => one.shown !== undefined);
  const named = [...new Set(words.needed), ...new Set(words.retired), ...new Set(words.asShown)];
  const strangers = named.filter((one) => !shown.some((version) => nameOf(version) === one));
  if (strangers.length > 0)
    throw new NotAllowed(`There is no ${strangers.join(', ')} in ${vault}: nothing was accepted.`);
  const twice = named.filter((one, at) => named.indexOf(one) !== at);
  if (twice.length > 0)
    throw new NotAllowed(`${twice.join(', ')} can only be one of needed, as shown and retired: nothing was accepted.`);
  const before = await readBaseline(ports.tables, vault);
  const isSettled = proposed.every(({ suspicious, approved }) => suspicious === undefined && approved !== undefined);
  if (before?.state === 'accepted' && named.length === 0 && isSettled)
    throw new NotAllowed(
      `The baseline of ${vault} was accepted on ${utc(before.at)} by ${before.by.name ?? before.by.oid}, and everything is as it was approved: there is nothing to accept.`,
    );
  await acceptBaseline(vault, proposed, words, who, ports);
  const unnamed = shown.filter((one) => one.suspicious !== undefined && !named.includes(nameOf(one)));
  const kept = unnamed.filter(({ approved }) => approved !== undefined).length;
  return {
    vault,
    approved: shown.length - unnamed.length,
    kept,
    unapproved: unnamed.length - kept,
    deletedKeys: proposed.length - shown.length,
    isToRestore: shown.some((one) => words.needed.includes(nameOf(one)) && unusable(one, ports.now()) !== undefined),
  };
}
