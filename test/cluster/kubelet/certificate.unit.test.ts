import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { selfSignedCertificate } from './certificate.ts';

test('the serving certificate is valid for 127.0.0.1, signed by its own key', () => {
  const { certPem, keyPem } = selfSignedCertificate('simulated-kubelet');
  const certificate = new X509Certificate(certPem);
  expect(certificate.subject).toBe('CN=simulated-kubelet');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
});
