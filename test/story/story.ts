import { at, type JsonObject, stringOf } from '../../src/core/json.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import type { Answer, Assistant } from './client.ts';

/** What a reader of the story gets to see, in order. */
export type Scene =
  | { readonly kind: 'chapter'; readonly text: string }
  | {
      readonly kind: 'call';
      readonly tool: string;
      readonly args: JsonObject;
      readonly answer: Answer;
    }
  | { readonly kind: 'severity'; readonly at: string; readonly value: number };

export interface StoryEnd {
  readonly wrong: string;
  readonly right: string;
  readonly scenes: readonly Scene[];
}

const IMAGES = { broken: 'local/web:nope', unbuilt: 'local/web:3', good: 'local/web:1' };

/** Breaks the shop: a bad image tag is rolled out to catalog. */
export async function breakShop(cluster: ControlPlaneClient, namespace: string): Promise<void> {
  await cluster.request(
    'PATCH',
    `/apis/apps/v1/namespaces/${namespace}/deployments/catalog`,
    [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: IMAGES.broken }],
    { contentType: 'application/json-patch+json' },
  );
  await cluster.waitFor('catalog to fail its pull', async () => {
    const { text } = await cluster.request(
      'GET',
      `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dcatalog`,
    );
    return text.includes('ImagePullBackOff');
  });
}

/**
 * The main job: an assistant looks at a broken Deployment, tries a change that makes things worse, is taken back by
 * the gate, tries the right one, commits, and the audit log tells it all.
 */
export async function tellStory(
  assistant: Assistant,
  namespace: string,
  tell: (scene: Scene) => void = () => undefined,
): Promise<StoryEnd> {
  const scenes: Scene[] = [];
  const show = (scene: Scene) => {
    scenes.push(scene);
    tell(scene);
  };
  const chapter = (text: string) => show({ kind: 'chapter', text });
  const call = async (tool: string, args: JsonObject): Promise<Answer> => {
    const answer = await assistant.call(tool, args);
    show({ kind: 'call', tool, args, answer });
    for (const key of ['severity', 'severity_before', 'severity_after', 'severity_after_undo']) {
      const value = answer.data[key];
      if (typeof value === 'number') show({ kind: 'severity', at: `${tool} ${key}`, value });
    }
    return answer;
  };
  const commit = async (transaction: string): Promise<Answer> => {
    for (;;) {
      const answer = await call('transaction_commit', { transaction, wait_seconds: 45 });
      if (answer.isError || answer.data.status !== 'settling') return answer;
    }
  };

  chapter('1. Something is wrong. The assistant looks.');
  await call('observe_health', { namespace });
  await call('observe_describe', { kind: 'deployment', name: 'catalog', namespace });
  await call('observe_events', { namespace, reason: 'Failed', limit: 3 });

  chapter('2. It opens a transaction and tries a change that makes things worse.');
  const first = await call('transaction_begin', {
    reason: 'catalog cannot pull its image',
    namespaces: [namespace],
  });
  const wrong = stringOf(first.data.transaction) ?? '';
  await call('mitigate_set_container', {
    transaction: wrong,
    reason: 'perhaps frontend needs a newer build',
    namespace,
    name: 'frontend',
    image: IMAGES.unbuilt,
  });

  chapter('3. It commits. The gate measures severity, says no, and everything is taken back.');
  await commit(wrong);
  await call('observe_health', { namespace });

  chapter('4. It tries again, with what the verdict taught it.');
  const second = await call('transaction_begin', {
    reason: 'put catalog back on a tag that exists',
    namespaces: [namespace],
  });
  const right = stringOf(second.data.transaction) ?? '';
  await call('mitigate_set_container', {
    transaction: right,
    reason: 'local/web:1 is what the running pods use',
    namespace,
    name: 'catalog',
    image: IMAGES.good,
  });
  await commit(right);
  await call('observe_health', { namespace });

  chapter('5. Afterwards the audit log tells the whole story.');
  await call('audit_query', { transaction: wrong });
  return { wrong, right, scenes };
}

/** The image a Deployment asks for, straight from the API server. */
export async function imageOf(
  cluster: ControlPlaneClient,
  namespace: string,
  name: string,
): Promise<string | undefined> {
  const { json } = await cluster.request(
    'GET',
    `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
  );
  return stringOf(at(json, 'spec', 'template', 'spec', 'containers', 0, 'image'));
}
