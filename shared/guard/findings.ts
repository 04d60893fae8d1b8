import type { Finding, Remedy, Situation } from '../domain/finding.ts';
import { spell } from '../domain/key.ts';
import { datesOf } from './dating.ts';
import { rules } from './keys/rules/registry.ts';

/** Every difference between what is observed and what was approved. The sweep and the guard both ask this. */
export function findings(situation: Situation): readonly Finding[] {
  const { vault, key, observed, record, now } = situation;
  return rules.flatMap((rule): readonly Finding[] => {
    const named = { rule: rule.id, severity: rule.severity };
    if (rule.scope === 'key') return rule.find(situation).map((found) => ({ ...found, ...named }));
    // Of a key that people let go nothing is to be kept, whatever becomes of it.
    if (observed.kind !== 'present' || record.approvedDeletion !== undefined) return [];
    return observed.versions.flatMap((version) => {
      const known = record.versions[version.version];
      const name = version.version;
      const found = known?.approved === undefined ? undefined : rule.find(version, known.approved, situation);
      if (found === undefined) return [];
      const { says, ...rest } = found;
      const summary = `Version ${name} of ${spell({ vault, key })} ${says}.`;
      const remedy: Remedy = rest.remedy.kind === 'restore' ? { ...rest.remedy, version: name } : rest.remedy;
      return [{ ...datesOf(found.act, version, known, now), ...rest, ...named, version: name, summary, remedy }];
    });
  });
}
