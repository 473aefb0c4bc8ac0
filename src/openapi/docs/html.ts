/** Html: pieces of HTML in which every text is escaped. */

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Prose of a description: `code` in back-ticks is set as code, an empty line begins a paragraph. */
export function prose(text: string): string {
  const paragraphs = text.split(/\n{2,}/);
  return paragraphs.map((part) => `<p>${inline(part)}</p>`).join('');
}

/** Prose within a line. */
export function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** `Saved questions` → `saved-questions`. */
export function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
