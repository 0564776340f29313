/** Keys of JSON texts, which a parser gives once where a text has them twice. */

/**
 * A key that one of the outer objects in a JSON text has twice, undefined when there is none: readers differ in which of its two
 * values they see, so that one could check what another does not use. Objects within those of the outermost are not looked at.
 *
 * @param json A text that `JSON.parse` takes.
 */
export function repeatedKey(json: string): string | undefined {
  const keys: Set<string>[] = [];
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{" || character === "[") {
      if (++depth <= 2) keys[depth] = new Set();
    } else if (character === "}" || character === "]") depth--;
    if (character !== '"') continue;
    const end = endOfString(json, at);
    if (depth <= 2 && isBeforeColon(json, end)) {
      const key = JSON.parse(json.slice(at, end)) as string;
      if (keys[depth]?.has(key)) return key;
      keys[depth]?.add(key);
    }
    at = end - 1;
  }
  return undefined;
}

/** Where the string that begins at a quote has ended. */
function endOfString(json: string, begin: number): number {
  let at = begin + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isBeforeColon(json: string, from: number): boolean {
  let at = from;
  while (json[at] === " " || json[at] === "\n" || json[at] === "\r" || json[at] === "\t") at++;
  return json[at] === ":";
}
