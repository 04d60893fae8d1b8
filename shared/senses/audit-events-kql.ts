/** The query for the audit events of guarded vaults. Made from `infra/queries/audit-events.kql` by `npm run schema`. */
export const auditEventsKql = `// Audit events of guarded vaults that arrived from From until before Until, from both tables in one shape. Vaults are names in
// lower case. The guardian puts the three before it.
let Events = union isfuzzy=true
    (AZKVAuditLogs
    | where ingestion_time() >= From and ingestion_time() < Until
    | project TimeGenerated, OperationName, CorrelationId, CallerIpAddress, Identity, Id = coalesce(Id, RequestUri), HttpStatusCode, AppliedAssignmentId, _ResourceId),
    (AzureDiagnostics
    | where ingestion_time() >= From and ingestion_time() < Until
    | where ResourceProvider =~ 'MICROSOFT.KEYVAULT' and Category =~ 'AuditEvent'
    // Claims have columns of their own, which are there only once a record had them.
    | project
        TimeGenerated,
        OperationName,
        CorrelationId,
        CallerIpAddress = CallerIPAddress,
        Identity = bag_pack('claim', bag_pack(
            'oid', coalesce(tostring(column_ifexists('identity_claim_oid_g', '')), tostring(column_ifexists('identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g', ''))),
            'appid', tostring(column_ifexists('identity_claim_appid_g', '')),
            'scp', coalesce(tostring(column_ifexists('identity_claim_scp_s', '')), tostring(column_ifexists('identity_claim_http_schemas_microsoft_com_identity_claims_scope_s', ''))),
            'upn', coalesce(tostring(column_ifexists('identity_claim_upn_s', '')), tostring(column_ifexists('identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s', ''))),
            'xms_mirid', tostring(column_ifexists('identity_claim_xms_mirid_s', '')),
            'xms_az_rid', tostring(column_ifexists('identity_claim_xms_az_rid_s', '')))),
        Id = coalesce(tostring(column_ifexists('id_s', '')), tostring(column_ifexists('requestUri_s', ''))),
        HttpStatusCode = toint(column_ifexists('httpStatusCode_d', 0.0)),
        AppliedAssignmentId = coalesce(tostring(column_ifexists('appliedAssignmentId_g', '')), tostring(column_ifexists('appliedAssignmentId_s', ''))),
        _ResourceId)
| extend Vault = extract('^/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft[.]keyvault/vaults/([^/]+)$', 1, tolower(_ResourceId))
| where Vault in (Vaults)
| extend Oid = coalesce(tostring(Identity.claim.oid), tostring(Identity.claim['http://schemas.microsoft.com/identity/claims/objectidentifier']));
union
    // Every change of a key.
    (Events
    | where coalesce(HttpStatusCode, 0) < 300 and OperationName in~ ('KeyCreate', 'KeyImport', 'KeyRestore', 'KeyRotate', 'KeyRotateIfDue', 'KeyUpdate', 'KeyDelete', 'KeyRecover', 'KeyPurge', 'KeyBackup', 'KeyRotationPolicySet')
    | extend Kind = 'event'),
    // Of refusals, which anybody may cause by the thousand, the last one of each caller, key and status.
    (Events
    | where HttpStatusCode >= 300 and OperationName in~ ('KeyUnwrap', 'KeyPurge')
    | summarize arg_max(TimeGenerated, *) by Vault, Id, OperationName, Oid, HttpStatusCode
    | order by TimeGenerated desc
    | take 1000
    | extend Kind = 'event'),
    // Of uses, which are many, the last one of each user and version.
    (Events
    | where HttpStatusCode < 300 and OperationName in~ ('KeyUnwrap', 'KeyDecrypt', 'KeyRelease')
    | summarize arg_max(TimeGenerated, *) by Vault, Id, OperationName, Oid
    | extend Kind = 'use'),
    // How far the events of each vault have arrived, and in which spans of five minutes there was one.
    (Events
    | summarize TimeGenerated = max(TimeGenerated), Spans = make_set(bin(TimeGenerated, 5m)) by Vault
    | extend Kind = 'arrived')
| extend Time = tostring(TimeGenerated)
| project Kind, Vault, Time, OperationName, CorrelationId, CallerIpAddress, Identity, Id, HttpStatusCode, AppliedAssignmentId, Oid, Spans`;
