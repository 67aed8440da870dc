import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import {
  equalJson,
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import { redactText } from '../../core/redact.ts';
import { DEFAULT_REDACTION } from '../../core/redact-text.ts';
import { type ContainerPart, type ContainerSite, containerCommand } from './container-change.ts';

const port = z.union([z.int().min(1).max(65_535), z.string().min(1)]).optional();
const seconds = z.int().min(0).optional();
const atLeastOne = z.int().min(1).optional();

const probe = z.strictObject({
  httpGet: z
    .strictObject({
      path: z.string().optional(),
      port,
      scheme: z.enum(['HTTP', 'HTTPS']).optional(),
      host: z.string().optional(),
      httpHeaders: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
    })
    .optional(),
  tcpSocket: z.strictObject({ port, host: z.string().optional() }).optional(),
  exec: z.strictObject({ command: z.array(z.string()).min(1) }).optional(),
  grpc: z
    .strictObject({
      port: z.int().min(1).max(65_535).optional(),
      service: z.string().optional(),
    })
    .optional(),
  initialDelaySeconds: seconds,
  periodSeconds: atLeastOne,
  timeoutSeconds: atLeastOne,
  successThreshold: atLeastOne,
  failureThreshold: atLeastOne,
});
type Probe = z.output<typeof probe>;

/**
 * Checked by the schema above, but listed as a plain object: an assistant knows the fields of a
 * probe, and the list of tools would carry them three times.
 */
export const probeArgument = z
  .record(z.string(), z.unknown())
  .pipe(probe as z.ZodType<Probe, Record<string, unknown>>)
  .nullable()
  .optional();

const HANDLERS = ['httpGet', 'tcpSocket', 'exec', 'grpc'] as const;

export type ProbeName = 'liveness' | 'readiness' | 'startup';

/**
 * Sets, adjusts or removes a probe. Fields left out keep their values; a handler of another type
 * takes the place of the one that is there, because a strategic merge would keep both.
 * @throws StratusError invalid_arguments for a probe that the kubelet could not run.
 */
export function probeChange(name: ProbeName): ContainerPart<Probe | null> {
  const field = `${name}Probe`;
  return (asked, site) => {
    const { container } = site;
    const now = container.spec[field];
    if (asked === null) {
      if (now === undefined) return undefined;
      const fields = { [field]: null };
      const summary = `remove the ${name} probe of container ${container.name}`;
      return { fields, summary, kubectl: containerCommand(site, fields) };
    }
    const before = objectOf(now);
    const wanted = JSON.parse(JSON.stringify(asked)) as JsonObject;
    const handler = handlerOf(name, wanted, before, site);
    requirePort(
      name,
      handler,
      { ...objectOf(before[handler]), ...objectOf(wanted[handler]) },
      site,
    );
    if (holds(before, wanted)) return undefined;
    const gone = HANDLERS.filter((other) => other !== handler && before[other] !== undefined);
    const probePatch = { ...wanted, ...Object.fromEntries(gone.map((other) => [other, null])) };
    const fields = { [field]: probePatch };
    const verb = now === undefined ? 'add' : 'change';
    const words = [...toldOf(wanted, before), ...gone.map((other) => `no ${other}`)].join(', ');
    return {
      fields,
      summary: `${verb} the ${name} probe of container ${container.name} (${words})`,
      kubectl: containerCommand(site, fields),
    };
  };
}

/** What changes, with plain values before and after: `httpGet.port from 40 to 8080`. */
function toldOf(wanted: JsonObject, before: JsonObject, under = ''): string[] {
  return Object.entries(wanted).flatMap(([key, value]): string[] => {
    const now = before[key];
    const path = `${under}${key}`;
    if (isObject(value)) return toldOf(value, objectOf(now), `${path}.`);
    // Commands and headers may hold anything: the diff shows them.
    if (Array.isArray(value)) return [path];
    if (now !== undefined && equalJson(now, value)) return [];
    const shown = (one: unknown) => redactText(String(one), DEFAULT_REDACTION);
    return [
      now === undefined
        ? `${path} ${shown(value)}`
        : `${path} from ${shown(now)} to ${shown(value)}`,
    ];
  });
}

/** The one handler that the probe will have. */
function handlerOf(
  name: ProbeName,
  wanted: JsonObject,
  before: JsonObject,
  { container }: ContainerSite,
): (typeof HANDLERS)[number] {
  const [given, ...more] = HANDLERS.filter((handler) => wanted[handler] !== undefined);
  if (more.length > 0) {
    const all = [given, ...more].join(' and ');
    throw invalid(`A probe has one handler, but ${name} names ${all}.`, 'Name one of them.');
  }
  if (Object.keys(wanted).length === 0) {
    throw invalid(
      `${name} names nothing to change.`,
      'Give a handler or a time, or null to remove.',
    );
  }
  const handler = given ?? HANDLERS.find((there) => before[there] !== undefined);
  if (handler !== undefined) return handler;
  throw invalid(
    `Container ${container.name} has no ${name} probe whose times could be changed.`,
    `Add a handler: ${HANDLERS.join(', ')}.`,
  );
}

/** The API server takes a port's name on trust; the kubelet then fails the probe. */
function requirePort(
  name: ProbeName,
  handler: (typeof HANDLERS)[number],
  after: JsonObject,
  { container }: ContainerSite,
): void {
  if (handler === 'exec') return;
  if (after.port === undefined) {
    throw invalid(`${name}.${handler} needs a port.`, 'Give the number or name of a port.');
  }
  const names = objectsOf(container.spec.ports).flatMap((own) => stringOf(own.name) ?? []);
  if (typeof after.port !== 'string' || names.includes(after.port)) return;
  throw invalid(
    `Container ${container.name} has no port named "${after.port}".`,
    names.length === 0
      ? 'Its ports have no names: give a number.'
      : `Its named ports: ${names.join(', ')}.`,
  );
}

/** True when every field asked for already has its value. */
function holds(before: JsonObject, wanted: JsonObject): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    const now = before[key];
    const merged = (HANDLERS as readonly string[]).includes(key)
      ? { ...objectOf(now), ...objectOf(value) }
      : value;
    return now !== undefined && equalJson(now, merged);
  });
}

function invalid(message: string, next: string): StratusError {
  return new StratusError('invalid_arguments', message, { next });
}
