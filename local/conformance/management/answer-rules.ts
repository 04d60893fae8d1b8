import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { resourcePath } from '../../azure/resource-manager/ids.ts';
import type { WireRequest, WireResponse } from '../../azure/types.ts';
import type { AnswerRules } from '../answer-rules.ts';
import { type Difference, parsedJson } from '../compare.ts';
import { UnreadableEvidence } from '../errors.ts';

/** `Microsoft.Compute.disks.2026-03-02.json`: the type, and the api-version of its shape. */
const FILE = /^(?<type>.+)\.(?<apiVersion>\d{4}-\d\d-\d\d(?:-preview)?)\.json$/;

type ShapeCheck = (value: unknown) => readonly Difference[];

/**
 * The rules for answers of Resource Manager, by the published shapes of resources in `folder`, one file a type. Throws
 * `UnreadableEvidence` where the folder or a file in it cannot be read.
 */
export function managementRules(folder: string): AnswerRules {
  const shapes = readShapes(folder);
  return (request, response) => [...headerComplaints(request, response), ...bodyComplaints(request, response, shapes)];
}

function readShapes(folder: string): ReadonlyMap<string, ShapeCheck> {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  ajv.addKeyword('x-writeOnly');
  const shapes = new Map<string, ShapeCheck>();
  try {
    for (const file of readdirSync(folder)) {
      const { type, apiVersion = '' } = FILE.exec(file)?.groups ?? {};
      // Of the types that come twice the newest stable version is an old shape.
      if (type === undefined || (shapes.has(typeName(type)) && !apiVersion.endsWith('-preview'))) continue;
      const validate = ajv.compile(schema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
      shapes.set(typeName(type), (value) =>
        validate(withoutNulls(value))
          ? []
          : (validate.errors ?? []).map(
              ({ instancePath, message, params }) =>
                `body${instancePath}: ${message} ${JSON.stringify(params)} (${file})`,
            ),
      );
    }
  } catch (cause) {
    throw new UnreadableEvidence(folder, cause);
  }
  return shapes;
}

const schema = z.record(z.string(), z.unknown());

/** A file's name has dots where the type has slashes, but for the one in the provider's name. */
const typeName = (name: string): string => name.replace('.', ' ').replaceAll('.', '/').replace(' ', '.').toLowerCase();

/** Azure sends null where it means absent. */
const withoutNulls = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_name, member: unknown) => member ?? undefined);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FORMS: Readonly<Record<string, RegExp>> = {
  'x-ms-request-id': UUID,
  'x-ms-correlation-request-id': UUID,
  'x-ms-routing-request-id': /^[A-Z0-9]+:\d{8}T\d{6}Z:[0-9a-f-]{36}$/,
};

function headerComplaints(
  { headers: asked }: WireRequest,
  { headers, status, body }: WireResponse,
): readonly Difference[] {
  const complaints: Difference[] = [];
  for (const name of Object.keys(headers))
    if (name !== name.toLowerCase()) complaints.push(`headers: ${name} is not in lower case`);
  for (const [name, form] of Object.entries(FORMS))
    if (!form.test(headers[name] ?? '')) complaints.push(`${name}: ${headers[name] ?? 'absent'}`);
  if ((status === 401) !== 'www-authenticate' in headers) complaints.push(`www-authenticate: not as ${status} has it`);
  if (headers['x-ms-client-request-id'] !== asked['x-ms-client-request-id'])
    complaints.push('x-ms-client-request-id: not the one that was sent');
  if (headers['content-length'] !== String(Buffer.byteLength(body)))
    complaints.push('content-length: not that of the body');
  if ((body === '') === 'content-type' in headers)
    complaints.push('content-type: there without a body, or absent with one');
  return complaints;
}

const errorBody = z.strictObject({
  error: z.strictObject({
    code: z.string().regex(/^[A-Za-z]+$/),
    message: z.string().min(1),
    details: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
  }),
});
const listBody = z.strictObject({
  value: z.array(z.unknown()),
  nextLink: z.url().optional(),
  count: z.unknown().optional(),
});

function bodyComplaints(
  { method, url }: WireRequest,
  { status, body, headers }: WireResponse,
  shapes: ReadonlyMap<string, ShapeCheck>,
): readonly Difference[] {
  const path = resourcePath(new URL(url).pathname);
  if (status === 202 && method !== 'GET') {
    // The purge of a vault was recorded with one link, all others with two.
    const links = /\/deletedVaults\/[^/]+\/purge$/i.test(path.path)
      ? ['location']
      : ['azure-asyncoperation', 'location'];
    return links.filter((link) => !(link in headers)).map((link) => `headers: 202 without ${link}`);
  }
  if (body === '') return [];
  const parsed = parsedJson(body);
  if (parsed.kind === 'not-json') return ['body: is not JSON'];
  const { value } = parsed;
  const layout = isLaidOut(body, value) ? [] : ['body: neither compact nor with two blanks and CRLF'];
  if (status >= 400)
    return [...layout, ...(errorBody.safeParse(value).success ? [] : ['body: is no error as published'])];
  const shape = shapes.get(path.type?.toLowerCase() ?? '');
  if (method !== 'GET' || shape === undefined) return layout;
  if (path.name !== undefined) return [...layout, ...shape(value), ...idComplaints(value, path.path)];
  const list = listBody.safeParse(value);
  return [...layout, ...(list.success ? list.data.value.flatMap(shape) : ['body: is no list'])];
}

const isLaidOut = (body: string, value: unknown): boolean =>
  body === JSON.stringify(value) || body === JSON.stringify(value, null, 2).replaceAll('\n', '\r\n');

/** A resource is the one that was asked for: ids are compared without case. Of roles only the definition's own name counts. */
function idComplaints(value: unknown, path: string): readonly Difference[] {
  const id = z.object({ id: z.string() }).safeParse(value).data?.id ?? '';
  return id.toLowerCase() === path.toLowerCase() ? [] : [`body.id: ${id}, asked was ${path}`];
}
