/** What sections of a report are made of. */

import { encodePng, type Image } from "../../data/index.js";
import { element, escapeXml } from "../../markup.js";

export { element, escapeXml };

/** A heading with what stands below it; nothing where there is nothing. */
export function section(title: string, ...parts: readonly string[]): string {
  const body = parts.join("");
  return body === "" ? "" : element("section", {}, element("h2", {}, escapeXml(title)), body);
}

/** An element with a text in it. */
export function textElement(name: string, text: string, attributes: Readonly<Record<string, string>> = {}): string {
  return element(name, attributes, escapeXml(text));
}

/** A table of texts, the first of each row its heading, which scrolls by itself where it is wider than the page. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], kind = "plain"): string {
  const header = element("thead", {}, element("tr", {}, ...head.map((text) => textElement("th", text))));
  const body = rows.map(([name = "", ...cells]) =>
    element("tr", {}, textElement("th", name), ...cells.map((text) => textElement("td", text))),
  );
  const parts = [head.length > 0 ? header : "", element("tbody", {}, ...body)];
  return element("div", { class: "wide" }, element("table", { class: kind }, ...parts));
}

/** A picture in the page itself. */
export function picture(image: Image, description: string): string {
  const source = `data:image/png;base64,${Buffer.from(encodePng(image)).toString("base64")}`;
  return element("img", { src: source, alt: description, width: image.columns, height: image.rows }).replace(
    "</img>",
    "",
  );
}
