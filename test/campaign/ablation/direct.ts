import { collectionPath, objectPath } from '../../../src/cluster/paths.ts';
import type { ClusterReader } from '../../../src/cluster/types.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { arrayOf, type JsonObject, objectOf, stringOf } from '../../../src/core/json.ts';
import { mitigateTools } from '../../../src/tools/mitigate/index.ts';
import type { MitigateTool } from '../../../src/tools/types.ts';
import { keyFor, readLive } from '../../../src/transaction/live.ts';
import type { PlannedWrite } from '../../../src/transaction/types.ts';
import type { ControlPlaneClient, RequestOptions } from '../../cluster/types.ts';
import type { Step } from '../../scenarios/types.ts';

const CONTENT_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/**
 * Sends what a plan's tools would write, one request after the other, as kubectl does: no dry run, no class, no
 * journal, no way back. Ends where the API server, or the tool's own look at the cluster, says no.
 * @returns undefined when all of it went in, else the refusal
 */
export async function sendDirectly(
  cluster: ControlPlaneClient,
  reader: ClusterReader,
  steps: readonly Step[],
): Promise<string | undefined> {
  try {
    for (const step of steps.flatMap(commandsOf)) {
      for (const write of await writesOf(reader, step)) await send(cluster, reader, write);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function commandsOf(step: Step): Step[] {
  if (step.tool !== 'mitigate_batch') return [step];
  return arrayOf(step.args.commands).map((command) => ({
    tool: stringOf(objectOf(command).tool) ?? '',
    args: objectOf(objectOf(command).arguments),
  }));
}

async function writesOf(reader: ClusterReader, step: Step): Promise<readonly PlannedWrite[]> {
  const tool = mitigateTools(systemClock).find(({ name }) => name === step.tool) as MitigateTool;
  const args = tool.input.parse({ reason: 'sent directly', ...step.args });
  return tool.plan(args, await readLive(reader, tool.reads(args)));
}

async function send(
  cluster: ControlPlaneClient,
  reader: ClusterReader,
  write: PlannedWrite,
): Promise<void> {
  const { apiVersion, kind, namespace, name } = write.object;
  const resource = (await reader.resources()).resolveKind(apiVersion, kind);
  const key = keyFor(resource, namespace, name, reader);
  const path = objectPath(key);
  const request = (method: string, where: string, body: JsonObject, options?: RequestOptions) =>
    cluster.request(method, `${where}?fieldManager=kubectl`, body, options);
  switch (write.verb) {
    case 'create':
      await request('POST', collectionPath(resource, key.namespace), write.manifest);
      return;
    case 'apply':
      await request('PATCH', path, write.manifest, { contentType: 'application/apply-patch+yaml' });
      return;
    case 'patch':
      await cluster.request('PATCH', `${path}?fieldManager=kubectl`, write.patch, {
        contentType: CONTENT_TYPES[write.patchType],
      });
      return;
    case 'delete':
      await cluster.request('DELETE', path, { propagationPolicy: 'Background' });
      return;
    case 'evict':
      await cluster.request('POST', `${path}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace: key.namespace },
      });
  }
}
