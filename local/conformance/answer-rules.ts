import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { z } from 'zod';
import type { WireRequest, WireResponse } from '../azure/types.ts';
import { type Difference, parsedJson } from './compare.ts';
import { type Asked, type PublishedError, parseErrors, textComplaint } from './error-texts.ts';
import { memberComplaints } from './member-rules.ts';
import {
  namedBy,
  operationOf,
  type PublishedOperation,
  type PublishedOperations,
  parseOperations,
  schemaOf,
} from './operations.ts';

/** The published shapes as parsed JSON: `keys.schema.json`, `operations.json`, `errors.json`. */
export interface PublishedShapes {
  readonly schema: unknown;
  readonly operations: unknown;
  readonly errors: unknown;
}

/** What is wrong with an answer to a request; empty where it is as published. */
export type AnswerRules = (request: WireRequest, response: WireResponse) => readonly Difference[];

interface Published extends PublishedOperations {
  readonly errors: readonly PublishedError[];
  readonly fits: SchemaCheck;
}

type SchemaCheck = (reference: string, value: unknown, at: string) => readonly Difference[];

/** The rules for answers of a vault's keys data plane. Throws where the shapes have another form than their README says. */
export function answerRules(shapes: PublishedShapes): AnswerRules {
  const published: Published = {
    ...parseOperations(shapes.operations),
    errors: parseErrors(shapes.errors),
    fits: schemaCheck(shapes.schema),
  };
  return (request, response) => [
    ...headerComplaints(request, response, published.fits),
    ...bodyComplaints(request, response, published),
  ];
}

const schemaDocument = z.looseObject({ $id: z.string() });

function schemaCheck(schema: unknown): SchemaCheck {
  const document = schemaDocument.parse(schema);
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  ajv.addSchema(document);
  return (reference, value, at) => {
    const validate = ajv.getSchema(reference);
    if (validate === undefined) throw new Error(`The published schemas have no ${reference}.`);
    return validate(value) ? [] : (validate.errors ?? []).map((error) => complaintOf(error, reference, at));
  };
}

function complaintOf({ instancePath, message, params }: ErrorObject, reference: string, at: string): Difference {
  return `${at}${instancePath}: ${message ?? 'is not as published'} ${JSON.stringify(params)} (${reference})`;
}

const DEFS = 'keys.schema.json#/$defs';

function headerComplaints(
  { headers: asked }: WireRequest,
  response: WireResponse,
  fits: SchemaCheck,
): readonly Difference[] {
  const { headers, status, body } = response;
  const complaints: Difference[] = [...fits(`${DEFS}/ResponseHeaders`, headers, 'headers')];
  if (status === 401)
    complaints.push(...fits(`${DEFS}/ChallengeHeader`, headers['www-authenticate'], 'www-authenticate'));
  if (status !== 401 && 'www-authenticate' in headers) complaints.push(`www-authenticate: there with ${status}`);
  for (const name of Object.keys(headers)) {
    if (name !== name.toLowerCase()) complaints.push(`headers: ${name} is not in lower case`);
  }
  const echo = headers['x-ms-client-request-id'];
  const sent = asked['x-ms-client-request-id'];
  if (echo !== sent) complaints.push(`x-ms-client-request-id: sent ${sent ?? 'none'}, echoed ${echo ?? 'none'}`);
  const length = headers['content-length'];
  if (length !== undefined && length !== String(Buffer.byteLength(body))) {
    complaints.push(`content-length: ${length}, the body has ${Buffer.byteLength(body)} bytes`);
  }
  if (body !== '' && headers['content-type'] === undefined)
    complaints.push('content-type: absent though there is a body');
  if (body === '' && headers['content-type'] !== undefined)
    complaints.push('content-type: there though there is no body');
  return complaints;
}

function bodyComplaints(request: WireRequest, response: WireResponse, published: Published): readonly Difference[] {
  const { operations, changes, fits } = published;
  const { status } = response;
  const asked = askedBy(request, operations);
  const { operation, apiVersion } = asked;
  if (status >= 400) return errorComplaints(asked, response, published);
  if (operation === undefined) return [`status: ${status} for an operation that is not published`];
  if (!operation.success.includes(status)) return [`status: ${status}, published is ${operation.success.join(', ')}`];
  const schema = schemaOf(softDeleted(response, operation, operations), apiVersion);
  if (schema === null) return response.body === '' ? [] : ['body: there though none is published'];
  return withJson(response, (body) => [...fits(schema, body, 'body'), ...memberComplaints(body, asked, changes)]);
}

function errorComplaints(
  asked: Asked,
  response: WireResponse,
  { errors, commonErrors, fits }: Published,
): readonly Difference[] {
  return withJson(response, (body) => {
    const complaint = response.unrecordedOnPurpose
      ? undefined
      : textComplaint(errors, commonErrors, asked, response.status, body);
    return [...fits(`${DEFS}/Error`, body, 'body'), ...(complaint === undefined ? [] : [complaint])];
  });
}

function askedBy(request: WireRequest, operations: readonly PublishedOperation[]): Asked {
  const { hostname, pathname, searchParams } = new URL(request.url);
  const operation = operationOf(operations, request.method, pathname);
  return { operation, hostname, apiVersion: searchParams.get('api-version') ?? '', ...namedBy(operation, pathname) };
}

const purgeableBundle = z.object({ attributes: z.object({ recoveryLevel: z.literal('Purgeable') }) });

/** In a vault without soft delete, of which none are made any more, deleting answers the bundle that getting does. */
function softDeleted(
  { body }: WireResponse,
  operation: PublishedOperation,
  operations: readonly PublishedOperation[],
): PublishedOperation {
  if (operation.id !== 'delete') return operation;
  const parsed = parsedJson(body);
  const isGone = parsed.kind === 'json' && purgeableBundle.safeParse(parsed.value).success;
  return isGone ? (operations.find(({ id }) => id === 'get') ?? operation) : operation;
}

/** The service writes compact JSON: what parses must be written back to the byte. */
function withJson(response: WireResponse, check: (body: unknown) => readonly Difference[]): readonly Difference[] {
  const parsed = parsedJson(response.body);
  if (parsed.kind === 'not-json') return ['body: is not JSON'];
  const compact = JSON.stringify(parsed.value) === response.body ? [] : ['body: is not compact JSON'];
  return [...compact, ...check(parsed.value)];
}
