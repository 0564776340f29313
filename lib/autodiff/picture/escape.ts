/** Text inside XML. */

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Any text as XML shows it; characters that XML cannot hold become spaces. */
export function escapeXml(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, " ").replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
}
