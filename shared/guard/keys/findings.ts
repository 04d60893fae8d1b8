import type { Found, Situation, VersionRule } from '../../domain/finding.ts';
import { type ObservedVersion, spell } from '../../domain/key.ts';
import { isKept } from '../../domain/register.ts';
import { rules } from './rules/registry.ts';

/** Every state of a key that is not as approved. Sweeps and inspections both use it. */
export function findings(situation: Situation): readonly Found[] {
  const { observed, record } = situation;
  return rules.flatMap((rule): readonly Found[] => {
    const { id, severity } = rule;
    if (rule.scope === 'key') return rule.find(situation).map((found) => ({ ...found, rule: id, severity }));
    // Versions of a key that was deleted with approval or abandoned are not guarded.
    if (observed.kind !== 'present' || !isKept(record)) return [];
    return observed.versions.flatMap((version) => foundOf(version, rule, situation));
  });
}

function foundOf(version: ObservedVersion, rule: VersionRule, situation: Situation): readonly Found[] {
  const { vault, key, record } = situation;
  const name = version.version;
  const approved = record.approved.versions[name]?.attributes;
  if (approved === undefined) return [];
  const id = { vault, key, version: name };
  const commands = rule.commands?.(id) ?? [`key-guardian baseline accept ${vault} --as-shown ${key}/${name}`];
  return rule.find(version, approved, situation).map(({ says, restore: change, ...found }) => ({
    ...found,
    rule: rule.id,
    severity: rule.severity,
    version: name,
    summary: `Version ${name} of ${spell({ vault, key })} ${says}.`,
    undo: change && { kind: 'restore-version', vault, key, version: name, change },
    commands,
  }));
}
