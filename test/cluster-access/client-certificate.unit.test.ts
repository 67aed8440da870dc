import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createReader } from '../../src/cluster/reader.ts';
import { selfSignedCertificate } from '../cluster/kubelet/certificate.ts';
import { connectTo, temporaryFolder, writeKubeconfig } from './fixtures.ts';

test('a renewed client certificate is used from the next request on', async () => {
  const serving = selfSignedCertificate('server');
  const server = createServer(
    { cert: serving.certPem, key: serving.keyPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(JSON.stringify({ gitVersion: subject.CN }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());

  const folder = temporaryFolder();
  const install = (commonName: string) => {
    const { certPem, keyPem } = selfSignedCertificate(commonName);
    writeFileSync(join(folder, 'client.crt'), certPem);
    writeFileSync(join(folder, 'client.key'), keyPem);
  };
  install('monday');
  const kubeconfig = writeKubeconfig({
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cluster: { 'certificate-authority-data': Buffer.from(serving.certPem).toString('base64') },
    user: {
      'client-certificate': join(folder, 'client.crt'),
      'client-key': join(folder, 'client.key'),
    },
  });
  const reader = createReader(await connectTo(kubeconfig));
  expect(await reader.version()).toEqual({ gitVersion: 'monday' });
  install('tuesday');
  expect(await reader.version()).toEqual({ gitVersion: 'tuesday' });
});
