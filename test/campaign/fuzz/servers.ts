import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../src/core/json.ts';
import { type Answer, type Assistant, startAssistant } from '../../story/client.ts';

const POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

/** A server that is started again when it dies, and what it said on stderr. */
export interface FuzzedServer {
  readonly journal: string;
  /** `undefined` when the server died of it. */
  call(tool: string, args: JsonObject): Promise<Answer | undefined>;
  tools(): Promise<{ name: string; inputSchema: JsonObject }[]>;
  stderr(): string;
  close(): Promise<void>;
}

export async function startFuzzed(journal: string, kubeconfig: string): Promise<FuzzedServer> {
  let said = '';
  const start = () => startAssistant({ kubeconfig, journal, policy: POLICY });
  let server: Assistant = await start();
  return {
    journal,
    call: async (tool, args) => {
      try {
        return await server.call(tool, args);
      } catch (error) {
        // What the SDK's client itself refuses never reached the server.
        const alive = await server.client.ping().then(
          () => true,
          () => false,
        );
        if (alive) return { isError: true, data: {}, text: `client: ${(error as Error).message}` };
        said += server.stderr();
        server = await start();
        return undefined;
      }
    },
    tools: async () =>
      (await server.client.listTools()).tools as unknown as {
        name: string;
        inputSchema: JsonObject;
      }[],
    stderr: () => said + server.stderr(),
    close: async () => {
      await server.close();
      await server.exited;
      said += server.stderr();
    },
  };
}
