/** What tests of several folders share. */

import { expect } from "vitest";

/** Elements of HTML that are never closed. */
const VOID = ["meta", "img", "br"];

/** The texts between tags, after a check that each tag is closed by its own and nothing is left unescaped. */
export function textsOf(markup: string): string[] {
  const open: string[] = [];
  const tags = markup.matchAll(/<(\/?)([\w!]+)((?:\s(?:[\w:-]+="[^"<]*"|html))*)\s*(\/?)>/g);
  for (const [, slash, name, attributes, end] of tags) {
    if (slash) expect(open.pop()).toBe(name);
    else if (!end && !VOID.includes(name as string) && name !== "!DOCTYPE") open.push(name as string);
    expect(attributes).not.toMatch(/NaN|undefined|&(?!(amp|lt|gt|quot);)/);
  }
  expect(open).toEqual([]);
  const between = markup.split(/<[^<>]*>/).map((text) => text.trim());
  for (const text of between) expect(text.replace(/&(amp|lt|gt|quot);/g, "")).not.toMatch(/[<>&]/);
  return between.filter((text) => text !== "");
}
