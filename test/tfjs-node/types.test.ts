/** Programs that are typed for tfjs-node: the compiler of the tests checks what stands here, which runs nothing. */

import { describe, expectTypeOf, it } from "vitest";
import * as tf from "../../packages/tfjs-node/lib/index.js";

describe("types", () => {
  it("are those of tfjs-node", () => {
    const { node, io } = tf;
    expectTypeOf(node.decodeImage).returns.toEqualTypeOf<tf.Tensor3D | tf.Tensor4D>();
    expectTypeOf(node.decodeJpeg).returns.toEqualTypeOf<tf.Tensor3D>();
    expectTypeOf(node.decodePng).returns.toEqualTypeOf<tf.Tensor3D>();
    expectTypeOf(node.decodeBmp).returns.toEqualTypeOf<tf.Tensor3D>();
    expectTypeOf(node.decodeGif).returns.toEqualTypeOf<tf.Tensor4D>();
    expectTypeOf(node.encodePng).returns.resolves.toExtend<Uint8Array>();
    expectTypeOf(node.encodeJpeg).parameters.toEqualTypeOf<
      [
        image: tf.Tensor3D,
        format?: "" | "grayscale" | "rgb",
        quality?: number,
        progressive?: boolean,
        optimizeSize?: boolean,
        chromaDownsampling?: boolean,
        densityUnit?: "in" | "cm",
        xDensity?: number,
        yDensity?: number,
        xmpMetadata?: string,
      ]
    >();
    expectTypeOf(node.loadSavedModel).returns.resolves.toExtend<tf.InferenceModel & { dispose(): void }>();
    expectTypeOf(node.getMetaGraphsFromSavedModel).returns.resolves.toEqualTypeOf<tf.MetaGraph[]>();
    expectTypeOf(node.tensorBoard).returns.toExtend<tf.CustomCallback>();
    expectTypeOf(io.fileSystem).parameter(0).toEqualTypeOf<string | string[]>();
    expectTypeOf(io.nodeHTTPRequest).returns.toExtend<ReturnType<typeof io.http>>();
    expectTypeOf(tf.version["tfjs-node"]).toEqualTypeOf<string>();
  });
});
