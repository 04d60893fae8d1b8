/** Time between two passes over a vault on your own machine, in seconds: short, so that an attack is undone in front of you. */
export const LOCAL_SWEEP_SECONDS = 2;
/** The same in the demo, where many more vaults are swept at once. */
export const DEMO_SWEEP_SECONDS = 5;

/** How late audit records are on your own machine, in seconds. */
export const LOCAL_AUDIT_SECONDS = 1;

/** How long a row takes to show in a workspace on your own machine, in ms. */
export const LOCAL_LOGS_SHOW_AFTER_MS = { least: 5_000, longest: 15_000 };

/** Says how much faster it goes here than in Azure, so that nobody takes the times seen here for Azure's. */
export const paceLine = `Here each vault is swept every ${DEMO_SWEEP_SECONDS} s and audit records are ${LOCAL_AUDIT_SECONDS} s late; in Azure it is 60 s and 3 to 10 minutes.`;

/** The same where audit events come through a workspace: the guardian asks it every two minutes, as in Azure. */
export const workspacePaceLine = `Here each vault is swept every ${LOCAL_SWEEP_SECONDS} s, and who did it is known about two minutes later, from a local workspace; in Azure it is 60 s and 2 to 12 minutes.`;
