import { describe, expect, it } from "vitest";
import { Vocabulary } from "../../lib/data/index.js";
import { IndexError, OptionError } from "../../lib/errors.js";

const { PAD, BEGIN, END, UNKNOWN } = Vocabulary;

describe("Vocabulary", () => {
  const vocabulary = new Vocabulary(["the cat", "a  cat\nsat"]);

  it("has the words of its texts in alphabetical order, after four marks", () => {
    expect(vocabulary.words).toEqual(["<pad>", "<begin>", "<end>", "<unknown>", "a", "cat", "sat", "the"]);
    expect(vocabulary.size).toBe(8);
    expect(new Vocabulary(["sat a", "cat the"]).words).toEqual(vocabulary.words);
    expect([PAD, BEGIN, END, UNKNOWN]).toEqual([0, 1, 2, 3]);
  });

  it("encodes texts, padded to the longest or to a length", () => {
    expect(vocabulary.encode(["the cat sat", "a"])).toEqual({
      dtype: "int32",
      shape: [2, 3],
      data: Int32Array.of(7, 5, 6, 4, PAD, PAD),
    });
    const { data, shape } = vocabulary.encode(["a dog"], { mark: true, length: 6 });
    expect([...data]).toEqual([BEGIN, 4, UNKNOWN, END, PAD, PAD]);
    expect(shape).toEqual([1, 6]);
    expect(vocabulary.encode([]).shape).toEqual([0, 0]);
    expect(vocabulary.encode([""]).shape).toEqual([1, 0]);
  });

  it("decodes up to the end", () => {
    expect(vocabulary.decode([BEGIN, 7, PAD, 5, UNKNOWN, END, 6])).toBe("the cat <unknown>");
    const text = "a cat sat the";
    expect(vocabulary.decode(vocabulary.encode([text], { mark: true, length: 9 }).data)).toBe(text);
  });

  it("says what is wrong", () => {
    expect(() => vocabulary.encode(["a cat"], { length: 1 })).toThrow("a text takes 2 indices; expected at most 1");
    expect(() => vocabulary.encode("a cat" as never)).toThrow(OptionError);
    expect(() => vocabulary.encode([3 as never])).toThrow("Vocabulary.encode: a text must be a string, got 3");
    expect(() => vocabulary.encode(["a"], { marks: true } as object)).toThrow('did you mean "mark"?');
    expect(() => vocabulary.decode([8])).toThrow("Vocabulary.decode: index out of range: 8; expected [0, 8)");
    expect(() => vocabulary.decode([-1])).toThrow(IndexError);
    expect(() => new Vocabulary(["the <end>"])).toThrow('Vocabulary: not a word: "<end>"');
  });
});
