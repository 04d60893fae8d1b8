using 'main.bicep'

// Yours to change; `main.bicep` says what each parameter is. azd sets the environment variables.
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param tags = { 'azd-env-name': readEnvironmentVariable('AZURE_ENV_NAME', 'key-guardian') }
param operatorEmails = []
param network = 'public'
