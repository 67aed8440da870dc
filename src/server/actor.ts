import { userInfo } from 'node:os';
import { plainLine } from '../core/plain-text.ts';
import type { Actor } from '../journal/types.ts';

const LONGEST = 100;

/** Who calls over stdio: the program that the client says it is, and the OS user of this process. */
export function stdioActor(
  client: { name: string; version: string } | undefined,
  session: string,
): Actor {
  const name = client === undefined ? 'unknown client' : `${client.name} ${client.version}`;
  return { client: printable(name), principal: osUser(), session };
}

/** The client without its version: whose approvals are whose must not depend on an update. */
export function clientName(client: { name: string } | undefined): string {
  return printable(client === undefined ? 'unknown client' : client.name);
}

/** What a client says ends up in logs and terminals: one line of plain text. */
export function printable(text: string): string {
  return plainLine(text.slice(0, LONGEST));
}

let user: string | undefined;

/** The OS user of this process, as it was when first asked. */
export function osUser(): string {
  user ??= nameOfUser();
  return user;
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a uid without a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
