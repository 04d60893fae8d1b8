using '../../../infra/main.bicep'

// As it comes: one vault, in alert.
