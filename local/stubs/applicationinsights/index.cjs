// Azurite loads this package and this project never uses what it would do (telemetry, SQL persistence).
exports.TelemetryClient = class {};
exports.setup = () => ({});
