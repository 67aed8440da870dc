import { objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { ApiError, badRequest, notFound, notSimulated } from '../api/error.ts';
import { kindNamed } from '../kinds.ts';
import { type LogSource, readContainerLog } from '../nodes/container-log.ts';
import { type LogOptions, renderLog } from '../pod-rules/index.ts';

/** The text of a container's log. @throws ApiError 400, 404. */
export function logText(
  source: LogSource,
  pod: KubeObject,
  query: URLSearchParams,
  now: number,
): string {
  if (query.get('follow') === 'true') throw notSimulated('following a log');
  const { namespace, name } = pod.metadata;
  const spec = objectOf(pod.spec);
  const names = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)].map(
    (it) => stringOf(it.name) ?? '',
  );
  const wanted = query.get('container') ?? '';
  if (wanted === '' && names.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    );
  }
  const container = wanted === '' ? (names[0] ?? '') : wanted;
  if (!names.includes(container)) {
    throw badRequest(`container ${container} is not valid for pod ${name}`);
  }
  if (!spec.nodeName) return '';
  const previous = query.get('previous') === 'true';
  const log = readContainerLog(source, namespace ?? '', name, container, previous);
  if (log.ok) return renderLog(log.lines, optionsOf(query), now);
  if (log.status === 404) throw notFound(kindNamed('Pod'), name);
  throw new ApiError(400, 'BadRequest', log.message.trim());
}

/** The query of a log, as a kubelet reads it. */
export function optionsOf(query: URLSearchParams): LogOptions {
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null || !/^\d+$/.test(text) ? undefined : Number(text);
  };
  const sinceTime = Date.parse(query.get('sinceTime') ?? '');
  const [tailLines, sinceSeconds, limitBytes] = [
    number('tailLines'),
    number('sinceSeconds'),
    number('limitBytes'),
  ];
  return {
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(!Number.isNaN(sinceTime) && { sinceTime }),
    timestamps: query.get('timestamps') === 'true',
  };
}
