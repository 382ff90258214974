import { newId } from '../shared/ids';

/** A UUID of version 7 (RFC 9562, section 5.7), like those that the server makes: they sort by the time they were made. */
export function newUuid(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  const chance = newId();
  const variant = ((parseInt(chance.slice(3, 4), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-${variant}${chance.slice(4, 7)}-${chance.slice(7, 19)}`;
}
