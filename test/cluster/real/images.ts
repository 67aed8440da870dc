import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defaultPodRules } from '../../../src/simulation/pod-rules/index.ts';
import { type TarEntry, tar } from './tar.ts';

/** The container that holds a pod's namespaces. */
export const PAUSE_IMAGE = 'docker.io/local/pause:1';

const FOLDERS = [
  'bin',
  'dev',
  'etc',
  'home',
  'proc',
  'root',
  'sys',
  'tmp',
  'usr',
  'var',
  'var/lib',
];
const USERS = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n';

/**
 * The images that the simulated kubelets know, as an OCI archive: static busybox with all its
 * applets, and `httpd` replaced by the program in `web/`, which is also their entry point.
 */
export function imageArchive(busyboxPath: string, webPath: string): Buffer {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, content: Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex');
    blobs.set(hex, content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const addJson = (mediaType: string, value: object) =>
    add(mediaType, Buffer.from(JSON.stringify(value)));
  const layer = tar(rootFiles(busyboxPath, webPath));
  const layers = [add('application/vnd.oci.image.layer.v1.tar', layer)];
  const diffId = `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  const image = (name: string, entrypoint: readonly string[]) => {
    const config = addJson('application/vnd.oci.image.config.v1+json', {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      // Its name too, so that two tags are two images as a registry's would be.
      config: { Entrypoint: entrypoint, Env: ['PATH=/bin'], WorkingDir: '/', Labels: { name } },
      rootfs: { type: 'layers', diff_ids: [diffId] },
    });
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = addJson(mediaType, { schemaVersion: 2, mediaType, config, layers });
    return { ...manifest, annotations: { 'io.containerd.image.name': name } };
  };
  const manifests = [
    image(PAUSE_IMAGE, ['/bin/sleep', 'infinity']),
    ...defaultPodRules.images.map(({ name }) => image(`docker.io/${name}`, ['/bin/httpd'])),
  ];
  const index = { schemaVersion: 2, manifests };
  return tar([
    { path: 'oci-layout', content: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { path: 'index.json', content: Buffer.from(JSON.stringify(index)) },
    ...[...blobs].map(([hex, content]) => ({ path: `blobs/sha256/${hex}`, content })),
  ]);
}

function rootFiles(busyboxPath: string, webPath: string): TarEntry[] {
  const applets = execFileSync(busyboxPath, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  return [
    ...FOLDERS.map((path) => ({
      path: `${path}/`,
      folder: true,
      ...(path === 'tmp' && { mode: 0o1777 }),
    })),
    { path: 'etc/passwd', content: Buffer.from(USERS), mode: 0o644 },
    { path: 'bin/busybox', content: withoutHttpd(readFileSync(busyboxPath)) },
    { path: 'bin/httpd', content: readFileSync(webPath) },
    ...applets
      .filter((name) => name !== 'busybox' && name !== 'httpd')
      .map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
  ];
}

/**
 * A shell of busybox runs its own applets whatever PATH says. Under another name of the same place
 * in the sorted list of applets its httpd is out of the way of ours, which scripts mean.
 */
function withoutHttpd(busybox: Buffer): Buffer {
  const patched = Buffer.from(busybox);
  const at = patched.indexOf('\0httpd\0');
  if (at === -1) throw new Error("busybox has no applet httpd: is it Debian's busybox-static?");
  patched.write('httpe', at + 1);
  return patched;
}
