/** An image that can be pulled and what its entry point does. */
export interface ImageModel {
  /** As pods write it, for example `local/web:1`; `docker.io/` and `library/` are optional. */
  readonly name: string;
  /** Port of the entry point's HTTP server; the environment's PORT overrides it. None: it sleeps. */
  readonly port?: number;
  /** Paths answered with 200; every other path is a 404. */
  readonly paths: readonly string[];
  /** Bytes that the server needs; a lower memory limit gets it killed. */
  readonly workingSetBytes: number;
  /** Seconds (before the time scale) between start and first answer. */
  readonly warmUpSeconds: number;
}

/** How simulated containers behave. Times in milliseconds are not scaled, times in seconds are. */
export interface PodRules {
  readonly images: readonly ImageModel[];
  /** One second of probes, back-off, sleeps and grace periods lasts `1000 * timeScale` ms. */
  readonly timeScale: number;
  /** From a container's turn to its start, in ms. */
  readonly startDelayMs: number;
  /** From an image request to its refusal, in ms. */
  readonly pullDelayMs: number;
  /** Longest stop of a container in ms, whatever its grace period. */
  readonly stopDelayMs: number;
  /** From the start of a container over its memory limit to its kill, in ms. */
  readonly oomDelayMs: number;
  /** Lines kept per container run. */
  readonly logLines: number;
}

const MEBIBYTE = 1024 * 1024;

/** The base application's image: busybox httpd on 8080 with a readiness and a health page. */
export function webImage(name: string): ImageModel {
  return {
    name,
    port: 8080,
    paths: ['/', '/index.html', '/ready', '/healthz'],
    workingSetBytes: 16 * MEBIBYTE,
    warmUpSeconds: 0,
  };
}

export const defaultPodRules: PodRules = {
  images: [webImage('local/web:1'), webImage('local/web:2')],
  timeScale: 0.1,
  startDelayMs: 150,
  pullDelayMs: 100,
  stopDelayMs: 200,
  oomDelayMs: 100,
  logLines: 500,
};

/** Nominal seconds as milliseconds of this simulation. */
export function scaledMs(rules: PodRules, seconds: number): number {
  return seconds * 1000 * rules.timeScale;
}
