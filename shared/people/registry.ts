import { alertEndpoints } from './alerts.ts';
import { approvalEndpoints } from './approvals.ts';
import { baselineEndpoints } from './baseline.ts';
import type { Endpoint } from './endpoint.ts';
import { holdEndpoints } from './holds.ts';
import { incidentEndpoints } from './incidents.ts';
import { restoreEndpoints } from './restore.ts';
import { rotateEndpoints } from './rotate.ts';
import { rotationEndpoints } from './rotation.ts';
import { statusEndpoints } from './status.ts';
import { trailEndpoints } from './trail.ts';

/** Every request that people can make. */
export const endpoints: readonly Endpoint[] = [
  ...statusEndpoints,
  ...rotationEndpoints,
  ...incidentEndpoints,
  ...trailEndpoints,
  ...holdEndpoints,
  ...approvalEndpoints,
  ...baselineEndpoints,
  ...restoreEndpoints,
  ...rotateEndpoints,
  ...alertEndpoints,
];
