/** For whom a token is that sends rows. @see https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview */
export const ingestionAudience = 'https://monitor.azure.com';
/** For whom a token is that queries workspaces. @see https://learn.microsoft.com/azure/azure-monitor/logs/api/access-api */
export const queryAudience = 'https://api.loganalytics.io';
