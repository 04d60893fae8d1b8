import type { ApprovableAct, Approval } from '../domain/approval.ts';
import type { Actor } from '../domain/audit-record.ts';
import { keyOf, type Subject, vaultSubject } from '../domain/subject.ts';
import { NotAllowed } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import { type Found, find } from './find.ts';
import { recordEnd } from './record-end.ts';

/** The changes that somebody asks approval for. */
export type Request = Omit<Approval, 'id' | 'acts' | 'asked' | 'granted' | 'withdrawn'> & {
  readonly acts: readonly ApprovableAct[];
};

/** Asks for an approval. It allows nothing until another person grants it. */
export async function askApproval(request: Request, asker: Actor, ports: Ports): Promise<Approval> {
  if (request.until.getTime() <= request.from.getTime())
    throw new NotAllowed('The approval ends before it begins: give a later end.');
  const asked: Approval = {
    ...request,
    acts: [...request.acts],
    id: ports.newId(),
    asked: { by: asker, at: ports.now() },
  };
  const detail = { event: 'asked', approval: asked };
  await ports.trail.append([entry('approval', subjectOf(asked), detail, ports, { who: asker })]);
  await ports.tables.approvals.put(request.vault, asked.id, asked);
  return asked;
}

/** Grants an approval. Throws `NotAllowed` where the granter asked for it, and where it was withdrawn or granted before. */
export async function grantApproval(vault: string, id: string, granter: Actor, ports: Ports): Promise<Approval> {
  const { value, change } = await findApproval(vault, id, ports);
  if (value.asked.by.oid.toLowerCase() === granter.oid.toLowerCase())
    throw new NotAllowed('The person who asked for an approval cannot grant it: another person has to.');
  if (value.withdrawn !== undefined) throw new NotAllowed(`Approval ${id} was withdrawn.`);
  if (value.granted !== undefined)
    throw new NotAllowed(`Approval ${id} was granted already, by ${value.granted.by.name ?? value.granted.by.oid}.`);
  const granted: Approval = { ...value, granted: { by: granter, at: ports.now() } };
  await change('granted', granted, granter);
  return granted;
}

/** Withdraws an approval. A state for which it was consumed already stays approved. */
export async function withdrawApproval(vault: string, id: string, by: Actor, ports: Ports): Promise<Approval> {
  const { value, change } = await findApproval(vault, id, ports);
  if (value.withdrawn !== undefined) return value;
  const withdrawn: Approval = { ...value, withdrawn: { by, at: ports.now() } };
  await change('withdrawn', withdrawn, by);
  await recordEnd('approval', id, subjectOf(withdrawn), by, ports);
  return withdrawn;
}

const subjectOf = ({ vault, key }: Approval): Subject => (key === '*' ? vaultSubject(vault) : keyOf({ vault, key }));

const findApproval = (vault: string, id: string, ports: Ports): Promise<Found<Approval>> =>
  find(ports.tables.approvals, 'approval', vault, id, subjectOf, ports);
