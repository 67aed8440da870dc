import { kubectl } from './access.ts';
import { ENTRY_POINT, isKnownCommand } from './program.ts';
import type { ImageModel } from './rules.ts';
import type { Listener, Run } from './run.ts';
import { expandWord, QUIET } from './shell-tokens.ts';
import { accepts, serviceOfHost, type World } from './world.ts';

/** Where and when a command runs. */
export interface CommandSite {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** One nominal second in milliseconds. */
  readonly second: number;
  readonly namespace: string;
  /** The pod's ServiceAccount. */
  readonly serviceAccount: string;
  readonly world: World;
  readonly image: ImageModel;
  /** Whether another container of the pod holds the port. */
  portTaken(port: number): boolean;
}

/** What one command does to its process. */
export interface Effect {
  readonly code?: number;
  readonly lines?: readonly string[];
  readonly blockedUntil?: number;
  readonly listener?: Listener;
  readonly variables?: Readonly<Record<string, string>>;
  /** The process ends at once with this code. */
  readonly exit?: number;
  /** The process ends with this command's code once it is done. */
  readonly replacesShell?: boolean;
  /** The command could not tell yet: it runs again a nominal second later. */
  readonly again?: boolean;
}

export function runCommand(words: readonly string[], run: Run, site: CommandSite): Effect {
  const loud = words.filter((word) => word !== QUIET);
  const expanded = loud.map((word) => expandWord(word, run.variables));
  const effect = execute(expanded, run, site);
  return loud.length === words.length ? effect : { ...effect, lines: [] };
}

function execute(words: readonly string[], run: Run, site: CommandSite): Effect {
  const [name = '', ...args] = words;
  const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(name);
  if (assignment !== null) {
    const variables = { [assignment[1] ?? '']: assignment[2] ?? '' };
    return args.length === 0 ? { variables } : { ...execute(args, run, site), variables };
  }
  switch (name) {
    case ENTRY_POINT:
      return serve(entryPort(run, site), site);
    case 'httpd':
      return serve(portFlag(args) ?? 80, site);
    case 'sleep':
      return sleep(args, site);
    case 'exec':
      return args.length === 0 ? {} : { ...execute(args, run, site), replacesShell: true };
    case 'exit':
      return { exit: args[0] === undefined ? run.lastCode : Number.parseInt(args[0], 10) & 255 };
    case 'false':
      return { code: 1 };
    case 'echo':
    case 'printf':
      return { lines: [args.filter((arg) => arg !== '-n' && arg !== '-e').join(' ')] };
    case 'nslookup':
      return lookup(args.find((arg) => !arg.startsWith('-')) ?? '', site);
    case 'wget':
    case 'nc':
      return connect(name, args, run, site);
    case 'kubectl':
      return kubectl(args, site);
    case 'tail':
      return args.some((arg) => /^-.*[fF]/.test(arg)) ? { blockedUntil: Infinity } : {};
    case 'wait':
      return run.listeners.length > 0 ? { blockedUntil: Infinity } : {};
    case 'test':
    case '[':
      return { code: test(args.filter((arg) => arg !== ']')) };
    case 'export': {
      const pairs = args.filter((arg) => arg.includes('=')).map((arg) => arg.split('=', 2));
      return { variables: Object.fromEntries(pairs.map(([key = '', value = '']) => [key, value])) };
    }
    case '\u0001unsupported':
      return { exit: 2, lines: ['sh: syntax error: the simulated shell does not know this form'] };
    default:
      return isKnownCommand(name) ? { code: 0 } : { code: 127, lines: [`sh: ${name}: not found`] };
  }
}

function entryPort(run: Run, site: CommandSite): number {
  const wanted = Number(run.variables.PORT);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : (site.image.port ?? 80);
}

function portFlag(args: readonly string[]): number | undefined {
  const at = args.findIndex((arg) => arg.startsWith('-p'));
  if (at === -1) return undefined;
  const text = args[at] === '-p' ? args[at + 1] : args[at]?.slice(2);
  const port = Number(text?.split(':').at(-1));
  return Number.isInteger(port) && port > 0 ? port : undefined;
}

function serve(port: number, site: CommandSite): Effect {
  if (site.portTaken(port)) return { exit: 1, lines: ['httpd: bind: Address already in use'] };
  const { paths, workingSetBytes, warmUpSeconds } = site.image;
  const openAt = site.now + warmUpSeconds * site.second;
  return {
    lines: [`httpd: listening on port ${port}`],
    listener: { port, paths, openAt, memory: workingSetBytes },
    blockedUntil: Infinity,
  };
}

function sleep(args: readonly string[], site: CommandSite): Effect {
  const text = args[0] ?? '';
  if (/^inf(inity)?$/.test(text)) return { blockedUntil: Infinity };
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text);
  if (match === null) return { code: 1, lines: [`sleep: invalid number '${text}'`] };
  const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] || 's'] ?? 1;
  return { blockedUntil: site.now + Number(match[1]) * unit * site.second };
}

/** As busybox looks up: a short name fails, since not every search domain knows it. */
function lookup(host: string, site: CommandSite): Effect {
  if (!/\.svc\.cluster\.local\.?$/.test(host)) return notFound(host);
  const service = serviceOfHost(host, site.namespace);
  const found = service && site.world.service(service.namespace, service.name);
  if (found !== undefined) return { lines: [`Name: ${host}`] };
  return notFound(host);
}

function notFound(host: string): Effect {
  return { code: 1, lines: [`** server can't find ${host}: NXDOMAIN`] };
}

function connect(name: string, args: readonly string[], run: Run, site: CommandSite): Effect {
  const target = targetOf(name, args);
  if (target === undefined) return { code: 1, lines: [`${name}: no host given`] };
  const { host, port } = target;
  if (host === 'localhost' || host === '127.0.0.1') {
    const open = run.listeners.some((one) => one.port === port && one.openAt <= site.now);
    return open ? {} : refused(name, host);
  }
  const service = serviceOfHost(host, site.namespace);
  const found = service && site.world.service(service.namespace, service.name);
  if (found === undefined) return { code: 1, lines: [`${name}: bad address '${host}'`] };
  return accepts(found, port) ? {} : refused(name, host);
}

function refused(name: string, host: string): Effect {
  return {
    code: 1,
    lines: [`${name}: can't connect to remote host (${host}): Connection refused`],
  };
}

function targetOf(
  name: string,
  args: readonly string[],
): { readonly host: string; readonly port: number } | undefined {
  if (name === 'nc') {
    const [host, port] = args.filter((arg) => !arg.startsWith('-')).slice(-2);
    return host === undefined ? undefined : { host, port: Number(port) };
  }
  const text = args.findLast((arg) => !arg.startsWith('-'));
  const match = /^(?:http:\/\/)?([^:/]+)(?::(\d+))?/.exec(text ?? '');
  return match === null ? undefined : { host: match[1] ?? '', port: Number(match[2] ?? 80) };
}

function test(args: readonly string[]): number {
  const [left, operator, right] = args;
  if (args.length === 1) return left === '' ? 1 : 0;
  if (args.length === 2 && left === '-n') return operator === '' ? 1 : 0;
  if (args.length === 2 && left === '-z') return operator === '' ? 0 : 1;
  if (operator === '=' || operator === '==') return left === right ? 0 : 1;
  if (operator === '!=') return left === right ? 1 : 0;
  return 1;
}
