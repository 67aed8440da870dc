import { realpathSync } from 'node:fs';
import { SHOP } from './shop.ts';
import type { Stage } from './stage.ts';

/** How the reader's own assistant gets at the cluster. */
export function invitation({ server, kubeconfig, journal, policy }: Stage): string {
  const [, script = 'stratus-mcp'] = process.argv;
  const flags = ['--kubeconfig', kubeconfig, '--journal', journal, '--policy', policy];
  const command = process.execPath;
  const args = [realpathSync(script), 'serve', ...flags];
  const config = { mcpServers: { 'stratus-demo': { command, args } } };
  return `
The cluster is up at ${server}, and broken. Add this to the configuration of your assistant:

${JSON.stringify(config, undefined, 2)}

Then tell it: "Something is wrong in the namespace ${SHOP}. Find the cause and repair it."
  to look on:       stratus-mcp watch --journal ${journal}
  to look yourself: kubectl --kubeconfig ${kubeconfig} get pods -n ${SHOP}
Ctrl-C stops the cluster and removes its files.`;
}
