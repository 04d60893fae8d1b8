/** Time between two passes over a vault on your own machine, in seconds: short, so that an attack is undone in front of you. */
export const LOCAL_SWEEP_SECONDS = 2;

/** How late audit records are on your own machine, in seconds. */
export const LOCAL_AUDIT_SECONDS = 1;

/** Says how much faster it goes here than in Azure, so that nobody takes the times seen here for Azure's. */
export const paceLine = `Here each vault is swept every ${LOCAL_SWEEP_SECONDS} s and audit records are ${LOCAL_AUDIT_SECONDS} s late; in Azure it is 60 s and 3 to 10 minutes.`;
