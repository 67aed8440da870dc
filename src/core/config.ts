import { type Environment, SETTINGS, type Setting } from './settings.ts';

type Values = { [Name in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[Name]['parse']> };

/** What a server runs with; settings.ts says what each means. */
export interface Config extends Readonly<Omit<Values, 'kubeconfig' | 'context'>> {
  /** Path of a kubeconfig; absent: KUBECONFIG, the usual place, or the pod's service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Command line options, as commander names them. */
export type Flags = { readonly [Name in keyof Config]?: string | boolean };

/**
 * Flags win over STRATUS_* variables, those win over defaults. An empty variable counts as unset,
 * because client configurations expand `${VAR:-}` to an empty string.
 * @throws StratusError invalid_arguments for a value that is none of the allowed ones.
 */
export function resolveConfig(flags: Flags, env: Environment, home: string): Config {
  const values = Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => {
    const flag = flags[name as keyof Flags];
    if (typeof flag === 'boolean') return [name, flag];
    const text = flag || env[setting.env];
    if (!text) return [name, setting.fallback({ env, home })];
    return [name, setting.parse(text, flag ? setting.flag : setting.env)];
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Config;
}
