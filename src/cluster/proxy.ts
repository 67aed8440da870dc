import { BlockList, isIP } from 'node:net';
import { StratusError } from '../core/errors.ts';

/** A proxy on the way to the API server, and who named it. */
export interface ProxyAddress {
  readonly url: string;
  readonly namedBy: string;
}

/**
 * The proxy for a server, as kubectl finds it: the kubeconfig's proxy-url, else HTTPS_PROXY or
 * HTTP_PROXY unless NO_PROXY or a loopback address says otherwise (golang.org/x/net/http/httpproxy).
 * @throws StratusError cluster_not_configured for a URL that can't be used, or that would read the credentials.
 * It never quotes it.
 */
export function proxyFor(
  server: URL,
  proxyUrl: string | undefined,
  env: NodeJS.ProcessEnv,
): ProxyAddress | undefined {
  if (proxyUrl) {
    const proxy = usable(proxyUrl, "the kubeconfig's proxy-url");
    const { hostname } = new URL(proxy.url);
    if (server.protocol === 'http:' && !isThisMachine(hostname)) throw readable(proxy.namedBy);
    return proxy;
  }
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = either(env, name);
  if (!value || !isProxied(server, either(env, 'NO_PROXY') ?? '')) return undefined;
  return usable(value, name);
}

/** A server on loopback may be plain http, but what a proxy calls localhost is another machine. */
function readable(namedBy: string): StratusError {
  return new StratusError(
    'cluster_not_configured',
    `The server is plain http, so ${namedBy} would send credentials in clear to another machine.`,
    { next: 'Give the server an https URL, or take the proxy out.' },
  );
}

function either(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] || env[name.toLowerCase()] || undefined;
}

function usable(text: string, namedBy: string): ProxyAddress {
  const url = text.includes('://') ? text : `http://${text}`;
  if (!/^(https?|socks5h?):\/\//i.test(url) || !URL.canParse(url)) {
    throw new StratusError('cluster_not_configured', `${namedBy} is not a URL of a proxy.`, {
      next: 'Write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT.',
    });
  }
  return { url: url.replace(/^socks5h:/i, 'socks5:'), namedBy };
}

/** False when NO_PROXY, or being on this machine, takes the server out. */
export function isProxied(server: URL, noProxy: string): boolean {
  const host = hostOf(server.hostname);
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  if (isThisMachine(host)) return false;
  return !noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && excepts(entry, host, port));
}

function excepts(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const slash = entry.indexOf('/');
  if (slash > 0)
    return isIP(host) > 0 && inSubnet(host, entry.slice(0, slash), entry.slice(slash + 1));
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(name) > 0) return isIP(host) > 0 && sameAddress(host, name);
  const domain = name.startsWith('*.') ? name.slice(1) : name;
  if (domain.startsWith('.')) return host.endsWith(domain) && isIP(host) === 0;
  return isIP(host) === 0 && (host === domain || host.endsWith(`.${domain}`));
}

/** `example.com:8443`, `[fd00::1]:443`, `fd00::1` */
function splitPort(entry: string): { name: string; onlyPort?: string } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  const plain = /^([^:]+):(\d+)$/.exec(entry);
  const found = bracketed ?? plain;
  if (!found) return { name: entry };
  const [, name = '', onlyPort] = found;
  return { name, ...(onlyPort === undefined ? {} : { onlyPort }) };
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function hostOf(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isThisMachine(hostname: string): boolean {
  const host = hostOf(hostname);
  if (host === 'localhost') return true;
  if (isIP(host) === 0) return false;
  return inSubnet(host, '127.0.0.0', '8') || sameAddress(host, '::1');
}

function inSubnet(host: string, network: string, prefix: string): boolean {
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (isIP(network) === 0 || bits < 0 || bits > (isIP(network) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, familyOf(network));
  return list.check(host, familyOf(host));
}

function sameAddress(a: string, b: string): boolean {
  const list = new BlockList();
  list.addAddress(b, familyOf(b));
  return list.check(a, familyOf(a));
}
