import { homedir } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type Config, type Flags, resolveConfig } from '../core/config.ts';
import { SETTINGS, type Setting } from '../core/settings.ts';

/** Options for some settings, with the variable that each may come from instead. */
export function withSettings(command: Command, names: readonly (keyof typeof SETTINGS)[]): Command {
  for (const { flag, value, env, meaning } of names.map(
    (name): Setting<unknown> => SETTINGS[name],
  )) {
    const words = value === undefined ? flag : `${flag} ${value}`;
    command.option(words, `${meaning.replaceAll('`', '')} (${env})`);
  }
  return command;
}

/** The options of every command that works on a cluster. */
export function withServerOptions(command: Command): Command {
  return withSettings(command, Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]);
}

/** Flags, environment and defaults of this process. @throws StratusError invalid_arguments. */
export function configOf(flags: Flags): Config {
  return resolveConfig(flags, process.env, homedir());
}

export function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Say a whole number above 0.');
}
