import { homedir } from 'node:os';
import type { Command } from 'commander';
import { type Config, type Flags, resolveConfig } from '../core/config.ts';

/** The options of every command that works on a cluster. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig file (STRATUS_KUBECONFIG, KUBECONFIG)')
    .option('--context <name>', 'context of the kubeconfig (STRATUS_CONTEXT)')
    .option('--policy <file>', 'policy file, or read-only, default, autonomous (STRATUS_POLICY)')
    .option('--journal <file>', 'journal file (STRATUS_JOURNAL)')
    .option('--read-only', 'offer observing tools only (STRATUS_READ_ONLY)')
    .option('--log-level <level>', 'trace to fatal, or silent; on stderr (STRATUS_LOG_LEVEL)');
}

/** Flags, environment and defaults of this process. @throws StratusError invalid_arguments. */
export function configOf(flags: Flags): Config {
  return resolveConfig(flags, process.env, homedir());
}
