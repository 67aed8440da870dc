import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { isObject, type Json, type JsonObject, parseJson } from '../../src/core/json.ts';
import { comparable, normalise } from './normalise.ts';
import type { Api, Behaviour, Observation, RawRequest, Stage } from './types.ts';

export interface Place {
  readonly server: string;
  readonly token: string;
  readonly caPem?: string;
}

export interface OwnedApi extends Api {
  close(): Promise<void>;
}

/** Raw HTTP to an API server. */
export function connectApi(place: Place): OwnedApi {
  const agent = new Agent({
    ...(place.caPem === undefined ? {} : { connect: { ca: place.caPem } }),
    bodyTimeout: 0,
  });
  const headers = (options: RawRequest, type: string | undefined) => ({
    accept: options.accept ?? 'application/json',
    authorization: `Bearer ${place.token}`,
    'user-agent': 'contract',
    ...(type === undefined ? {} : { 'content-type': type }),
  });
  return {
    async send(method, path, body, options = {}) {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await request(place.server + path, {
        dispatcher: agent,
        method,
        headers: headers(options, body === undefined ? undefined : (options.contentType ?? type)),
        body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await answer.body.text();
      const json = jsonIn(text);
      const flat = Object.entries(answer.headers).map(([name, value]) => [
        name,
        String(value ?? ''),
      ]);
      return {
        status: answer.statusCode,
        body: isObject(json) ? json : {},
        text,
        headers: Object.fromEntries(flat),
      };
    },
    async watch(path, enough) {
      const stop = AbortSignal.timeout(10_000);
      const events: JsonObject[] = [];
      try {
        const answer = await request(place.server + path, {
          dispatcher: agent,
          method: 'GET',
          headers: headers({}, undefined),
          signal: stop,
        });
        let rest = '';
        for await (const chunk of answer.body) {
          const lines = (rest + String(chunk)).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const event = jsonIn(line);
            if (isObject(event)) events.push(event);
          }
          if (enough(events)) break;
        }
      } catch (error) {
        if (!stop.aborted) throw error;
      }
      return events;
    },
    close: () => agent.destroy(),
  };
}

function jsonIn(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** Plays one behaviour in a namespace of its own; what it observed, normalised. */
export async function observe(
  api: Api,
  behaviour: Behaviour,
  suffix: string,
): Promise<Observation[]> {
  const namespace = `contract-${suffix}`;
  const seen: Observation[] = [];
  const path = (root: string, plural: string, name?: string) =>
    `${root}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
  const stage: Stage = {
    ...api,
    namespace,
    core: (plural, name) => path('/api/v1', plural, name),
    named: (group, plural, name) => path(`/apis/${group}`, plural, name),
    note(what, value) {
      seen.push({ what, value: normalise(value, namespace) });
    },
    async see(what, method, url, body, options) {
      const answer = await api.send(method, url, body, options);
      stage.note(what, comparable(answer.status, answer.body));
      return answer;
    },
    async until(what, probe) {
      for (let attempt = 0; attempt < 300; attempt += 1) {
        const found = await probe();
        if (found !== undefined && found !== false) return found;
        await sleep(100);
      }
      throw new Error(`${what}: not within 30 s`);
    },
  };
  await api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  try {
    await stage.until('the default ServiceAccount', async () => {
      const { status } = await api.send('GET', stage.core('serviceaccounts', 'default'));
      return status === 200;
    });
    await behaviour.play(stage);
  } catch (error) {
    seen.push({ what: 'failed', value: error instanceof Error ? error.message : String(error) });
  } finally {
    await api.send('DELETE', `/api/v1/namespaces/${namespace}`);
  }
  return seen;
}
