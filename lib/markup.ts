/** Text and elements of HTML and SVG. */

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Any text as HTML and XML show it, attributes included; characters that XML cannot hold become spaces. */
export function escapeXml(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, " ").replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
}

/**
 * An element. Numbers are rounded to two decimals, more than can be seen in pixels.
 *
 * @param children Markup: text has to go through `escapeXml` before.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly string[]
): string {
  const words = Object.entries(attributes).map(([key, value]) => {
    return ` ${key}="${typeof value === "number" ? Math.round(value * 100) / 100 : escapeXml(value)}"`;
  });
  return `<${name}${words.join("")}>${children.join("")}</${name}>`;
}
