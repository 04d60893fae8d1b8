import * as z from 'zod';

/** A key's rotation policy. Lengths of time are ISO 8601, as `P90D`. */
export const rotationPolicy = z.object({
  /** When a new version is made by itself; left out where the policy makes none. */
  rotate: z.object({ when: z.enum(['after-creation', 'before-expiry']), period: z.string() }).optional(),
  /** How long a new version is valid; left out where it gets no expiry. */
  expiresIn: z.string().optional(),
});
export type RotationPolicy = z.infer<typeof rotationPolicy>;

/** The rotation policy by which the schedule of a key is kept. */
export const wantedPolicy = z.object({
  rotate: z.object({ when: z.literal('after-creation'), period: z.string() }),
  expiresIn: z.string().optional(),
  /** How long before the expiry Azure notifies. */
  notifyBefore: z.string(),
});
export type WantedPolicy = z.infer<typeof wantedPolicy>;

/** Whether a rotation policy rotates as the wanted one does. */
export const isAsWanted = ({ rotate, expiresIn }: RotationPolicy, wanted: WantedPolicy): boolean =>
  rotate?.when === wanted.rotate.when && rotate.period === wanted.rotate.period && expiresIn === wanted.expiresIn;

/** A rotation policy in the form in which the service and its command line take it. @see https://learn.microsoft.com/rest/api/keyvault/keys/update-key-rotation-policy/update-key-rotation-policy */
export const asJson = ({ rotate, expiresIn, notifyBefore }: WantedPolicy) => ({
  lifetimeActions: [
    { trigger: { timeAfterCreate: rotate.period }, action: { type: 'Rotate' as const } },
    { trigger: { timeBeforeExpiry: notifyBefore }, action: { type: 'Notify' as const } },
  ],
  attributes: expiresIn === undefined ? {} : { expiryTime: expiresIn },
});
