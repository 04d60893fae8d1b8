import type { Found, Situation } from '../../domain/finding.ts';
import { rules } from './rules/registry.ts';

/** Every state of a key that is not as approved. Sweeps and inspections both use it. */
export const findings = (situation: Situation): readonly Found[] =>
  rules.flatMap(({ id, severity, find }) => find(situation).map((found) => ({ ...found, rule: id, severity })));
