import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { COMPONENTS, kubeconfigText, type Tokens, tokenFile } from './identities.ts';
import { selfSignedCertificate } from './kubelet/certificate.ts';

/** Where a control plane's files lie in its folder. */
export function layout(folder: string) {
  return {
    etcdData: join(folder, 'etcd'),
    certificates: join(folder, 'certificates'),
    /** Self-signed by the API server at its first start: its own CA. */
    apiServerCertificate: join(folder, 'certificates', 'apiserver.crt'),
    serviceAccountKey: join(folder, 'service-account.key'),
    serviceAccountPublicKey: join(folder, 'service-account.pub'),
    tokens: join(folder, 'tokens.csv'),
    auditPolicy: join(folder, 'audit-policy.yaml'),
    auditLog: join(folder, 'audit.jsonl'),
    kubeconfigs: join(folder, 'kubeconfigs'),
    controllerManagerKubeconfig: join(folder, 'controller-manager.kubeconfig'),
    schedulerKubeconfig: join(folder, 'scheduler.kubeconfig'),
    nodesKubeconfig: join(folder, 'nodes.kubeconfig'),
    /** With which the API server calls kubelets; real ones take it as its own CA. */
    kubeletClientCertificate: join(folder, 'kubelet-client.crt'),
    kubeletClientKey: join(folder, 'kubelet-client.key'),
  };
}

type Layout = ReturnType<typeof layout>;

// Writes only; the nodes' heartbeats would drown the rest.
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', verbs: ['get', 'list', 'watch'] },
    { level: 'None', namespaces: ['kube-node-lease'] },
    { level: 'None', resources: [{ group: '', resources: ['nodes/status'] }] },
    { level: 'None', resources: [{ group: 'authorization.k8s.io' }] },
    { level: 'Metadata' },
  ],
};

/** Writes what the API server reads at its start. */
export function prepareFolder(files: Layout, tokens: Tokens): void {
  for (const folder of [files.etcdData, files.certificates, files.kubeconfigs]) {
    mkdirSync(folder, { mode: 0o700 });
  }
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const secret = { mode: 0o600 };
  writeFileSync(files.serviceAccountKey, keys.privateKey, secret);
  writeFileSync(files.serviceAccountPublicKey, keys.publicKey);
  writeFileSync(files.tokens, tokenFile(tokens), secret);
  const client = selfSignedCertificate('kube-apiserver-kubelet-client', 'system:masters');
  writeFileSync(files.kubeletClientCertificate, client.certPem);
  writeFileSync(files.kubeletClientKey, client.keyPem, secret);
  writeFileSync(files.auditPolicy, stringify(AUDIT_POLICY));
}

/** Writes the kubeconfigs of the parts that talk to the API server. */
export function writeComponentKubeconfigs(
  files: Layout,
  server: string,
  caPem: string,
  tokens: Tokens,
): void {
  const write = (path: string, user: string, token: string) =>
    writeFileSync(path, kubeconfigText({ server, caPem, user, token }), { mode: 0o600 });
  write(files.controllerManagerKubeconfig, COMPONENTS.controllerManager, tokens.controllerManager);
  write(files.schedulerKubeconfig, COMPONENTS.scheduler, tokens.scheduler);
  write(files.nodesKubeconfig, COMPONENTS.nodes, tokens.nodes);
}

export function etcdFlags(files: Layout, clientPort: number, peerPort: number): string[] {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    '--name=test',
    `--data-dir=${files.etcdData}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=test=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** @param nodesAddress where real nodes reach the API server; simulated ones need only loopback. */
export function apiServerFlags(
  files: Layout,
  etcdPort: number,
  port: number,
  nodesAddress?: string,
): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--bind-address=${nodesAddress ?? '127.0.0.1'}`,
    // The address of the `kubernetes` Service's endpoint may not be a loopback one, and the default
    // needs a network route; without real nodes nothing calls it (RFC 5737).
    `--advertise-address=${nodesAddress ?? '192.0.2.1'}`,
    `--secure-port=${port}`,
    `--cert-dir=${files.certificates}`,
    '--service-cluster-ip-range=10.0.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=RBAC',
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    '--audit-log-maxsize=4096',
    // Kubelets, simulated and real, serve with certificates of their own making.
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${files.kubeletClientCertificate}`,
    `--kubelet-client-key=${files.kubeletClientKey}`,
    '--allow-privileged=true',
  ];
}

export function controllerManagerFlags(files: Layout): string[] {
  return [
    `--kubeconfig=${files.controllerManagerKubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.apiServerCertificate}`,
    '--use-service-account-credentials=true',
    '--controllers=*,-nodeipam,-node-route-controller,-cloud-node-lifecycle-controller,-service-lb-controller',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}

export function schedulerFlags(files: Layout): string[] {
  return [
    `--kubeconfig=${files.schedulerKubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
}
