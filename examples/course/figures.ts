/** What the course asks of examples on real images, or they promise themselves, and where they say what they reach. */

/** One number or several that an example prints, in percent. */
export interface Figure {
  /** The system, as docs/course.md calls it, and its data. */
  readonly system: string;
  /** Catches each number in the output of the example. */
  readonly pattern: RegExp;
  /** What the best of the numbers must reach, or what the numbers must be, to the last digit. */
  readonly asked: number | readonly number[];
}

/** By the name of the example. */
export const figures: Readonly<Record<string, readonly Figure[]>> = {
  "nearest-neighbour": [
    {
      system: "nearest neighbour, L2, k = 1…5, MNIST",
      pattern: /L2, k = \d: ([\d.]+) %/g,
      asked: [96.91, 96.27, 97.05, 96.82, 96.88],
    },
  ],
  "feature-transforms": [{ system: "LDA with shrinkage, MNIST", pattern: /LDA: ([\d.]+) %/g, asked: 86 }],
  "softmax-classifier": [
    { system: "softmax classifier, MNIST", pattern: /digits: ([\d.]+) %/g, asked: 92 },
    { system: "softmax classifier, CIFAR-10", pattern: /objects: ([\d.]+) %/g, asked: 38 },
  ],
  "two-layer-network": [{ system: "two-layer network, CIFAR-10", pattern: /2 layers: ([\d.]+) %/g, asked: 45 }],
  "handwritten-digits": [{ system: "16 × 16 digits, MNIST", pattern: /digits: ([\d.]+) %/g, asked: 96 }],
  "cifar-convnet": [{ system: "a network for CIFAR-10", pattern: /objects, .*: ([\d.]+) %/g, asked: 70 }],
  "train-lenet5": [
    { system: "LeNet-5 after one epoch, MNIST", pattern: /epoch 1: .* ([\d.]+) %/g, asked: 98.5 },
    { system: "LeNet-5 within five epochs, MNIST", pattern: /epoch [1-5]: .* ([\d.]+) %/g, asked: 99 },
  ],
  "tfjs-mnist": [{ system: "TensorFlow.js on nodegrad, MNIST", pattern: /digits: ([\d.]+) %/g, asked: 98 }],
};

/** The numbers in the output of an example, and whether they are what is asked. */
export function judge({ pattern, asked }: Figure, output: string): { got: number[]; isReached: boolean } {
  const got = [...output.matchAll(pattern)].map(([, number]) => Number(number));
  const isReached = typeof asked === "number" ? Math.max(...got) >= asked : `${got}` === `${asked}`;
  return { got, isReached };
}
