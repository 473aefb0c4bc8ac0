/** Random text: letters that make an id unique. */

/** Two letters a byte. `crypto.randomUUID` is absent when the page comes by plain HTTP from another machine. */
export function randomText(byteCount: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(byteCount));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
