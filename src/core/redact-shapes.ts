import type { Masking } from './redact-text.ts';

// What issuers begin their keys with, so that leaked ones can be found: cloud providers, forges,
// package registries, chat, payment, model APIs, vaults.
const ISSUED = new RegExp(
  `(?<![\\w-])(?:${[
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'gh[pousr]_[A-Za-z0-9]{20,}',
    'github_pat_\\w{20,}',
    'gl(?:pat|rt|dt|ptt)-[\\w-]{16,}',
    'npm_[A-Za-z0-9]{30,}',
    'pypi-[\\w-]{30,}',
    'xox[abeoprs]-[\\w-]{10,}',
    'xapp-[\\w-]{20,}',
    'AIza[\\w-]{30,}',
    'ya29\\.[\\w-]{20,}',
    '[rs]k_(?:live|test)_[A-Za-z0-9]{10,}',
    'whsec_[\\w+/=-]{16,}',
    'sk-(?:ant|proj|or|svcacct)-[\\w-]{10,}',
    'sk-[A-Za-z0-9]{32,}',
    'hf_[A-Za-z0-9]{30,}',
    'hv[sb]\\.[\\w-]{20,}',
    'dop_v1_[a-f0-9]{30,}',
    'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{30,}',
    'SG\\.[\\w-]{16,64}\\.[\\w-]{16,}',
    'AGE-SECRET-KEY-1[A-Z0-9]{20,}',
  ].join('|')})`,
  'g',
);

const PRIVATE_KEY =
  /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)/g;

// A password may hold `@` and, unescaped, even `/`; digits before a slash are a port.
const URL_PASSWORD =
  /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]{0,200}):(?!\d{1,5}\/)(?:([^\s/"'<>]{1,500})|([^\s@"'<>]{1,500}))@/gi;
// A token in the place of the user, as forges take it.
const URL_TOKEN = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?=[a-z_.~-]{0,199}\d)([\w.~-]{20,200})@/gi;
const WEBHOOK =
  /(\b(?:hooks\.slack\.com\/(?:services|workflows)|discord(?:app)?\.com\/api\/webhooks)\/)([\w/-]+)/gi;

const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
const SCHEME =
  /\b(bearer\s+|authorization["']?\s*[:=]\s*["']?(?:basic|token)\s+)([\w.~+/=-]{8,})/gi;

// Password hashes of crypt(3) and its kin: weak passwords can be searched for.
const HASH = /\$(?:apr1|2[abxy]|[156y]|7|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]*)\$[\w./$=,+-]{8,}/g;

// `curl -u user:password`, `mysql -ppassword`. Digits after the colon are a group's number.
const USER_FLAG =
  /((?:^|\s)(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{1,100}:)(?!\d+(?:["'\s]|$))([^\s"']+)/g;
const GLUED_FLAG = /(\b(?:mysql|mariadb)[\w-]{0,20}\s(?:[^\n]{0,300}?\s)?-p)([^\s"'-][^\s"']*)/g;

/**
 * Masks what looks like a credential by its shape, whatever it is called: passwords in URLs, private
 * keys, keys with an issuer's prefix, bearer tokens, JWTs, password hashes, passwords of well-known
 * command lines.
 */
export function scrubShapes(text: string, masking: Masking): string {
  const hide = (value: string) => masking.mask('', value);
  const after = (_: string, before: string, value: string) => before + hide(value);
  return text
    .replace(PRIVATE_KEY, hide)
    .replace(
      URL_PASSWORD,
      (_, before: string, plain: string | undefined, slashed: string | undefined) =>
        `${before}:${hide(plain ?? slashed ?? '')}@`,
    )
    .replace(URL_TOKEN, (_, before: string, token: string) => `${before}${hide(token)}@`)
    .replace(WEBHOOK, after)
    .replace(ISSUED, hide)
    .replace(JWT, hide)
    .replace(HASH, hide)
    .replace(SCHEME, after)
    .replace(USER_FLAG, after)
    .replace(GLUED_FLAG, after);
}
