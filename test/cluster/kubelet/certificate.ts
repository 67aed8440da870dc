import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface ServingCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

const OID_ECDSA_SHA256 = '2a8648ce3d040302';
const OID_COMMON_NAME = '550403';
const OID_ORGANIZATION = '55040a';
const OID_SUBJECT_ALT_NAME = '551d11';
const DAY_MS = 86_400_000;

/**
 * A self-signed certificate for 127.0.0.1, valid for a month. Node has no call
 * for it, so the few DER structures of X.509 (RFC 5280) are written here. An
 * API server without a kubelet CA doesn't verify it. As a client's, the organization is its group.
 */
export function selfSignedCertificate(
  commonName: string,
  organization?: string,
): ServingCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(OID_ECDSA_SHA256));
  const part = (oid: string, text: string) =>
    der(0x31, sequence(objectId(oid), der(0x0c, Buffer.from(text))));
  const name = sequence(
    ...(organization === undefined ? [] : [part(OID_ORGANIZATION, organization)]),
    part(OID_COMMON_NAME, commonName),
  );
  const now = Date.now();
  const alternative = sequence(der(0x87, Buffer.from([127, 0, 0, 1])));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(utcTime(now - DAY_MS), utcTime(now + 30 * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(objectId(OID_SUBJECT_ALT_NAME), der(0x04, alternative)))),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certPem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}
