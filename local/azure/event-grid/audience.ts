/** For whom a token is that sends events. @see https://learn.microsoft.com/azure/event-grid/authenticate-with-microsoft-entra-id */
export const eventGridAudience = 'https://eventgrid.azure.net';
